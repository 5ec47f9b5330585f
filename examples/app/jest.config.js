// One project for each side, so that a change of one side runs that side's tests only. What both share is tested with both.
const shared = { testEnvironment: 'node', transform: {} };

export default {
  coverageProvider: 'v8',
  coverageReporters: ['json-summary', 'text-summary'],
  projects: ['frontend', 'backend'].map((side) => ({
    ...shared,
    displayName: side,
    testMatch: [`<rootDir>/${side}/__tests__/*.test.js`, '<rootDir>/shared/__tests__/*.test.js'],
    collectCoverageFrom: [`${side}/**/*.js`, '!**/__tests__/**', '!frontend/public/app.js', '!*/main.js'],
  })),
};
