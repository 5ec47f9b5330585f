/** What this release is called, and how it behaves in production (see shared/behaviour.js). */
export const release = {
  version: '1.0.0',
  behaviour: 'healthy',
};
