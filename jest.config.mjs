const shared = {
  testEnvironment: 'node',
  extensionsToTreatAsEsm: ['.ts'],
  transform: { '\\.ts$': '<rootDir>/jest-transform.mjs' },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/examples/'],
};

export default {
  projects: [
    { ...shared, displayName: 'unit', testMatch: ['<rootDir>/__tests__/unit/**/*.test.ts'] },
    { ...shared, displayName: 'simulation', testMatch: ['<rootDir>/__tests__/simulation/**/*.test.ts'] },
    // Nothing is tried twice: luck is what these look for.
    { ...shared, displayName: 'e2e', testMatch: ['<rootDir>/__tests__/e2e/**/*.test.ts'] },
    // Faults in the middle of deployments.
    { ...shared, displayName: 'chaos', testMatch: ['<rootDir>/__tests__/chaos/**/*.test.ts'] },
  ],
};
