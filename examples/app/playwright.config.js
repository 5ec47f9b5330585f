import { existsSync } from 'node:fs';
import { defineConfig } from '@playwright/test';

// The machine's own browser where there is one, so that nothing needs to be downloaded; Playwright's own otherwise.
const installed = [process.env.CHROME_PATH, '/usr/bin/chromium', '/usr/bin/google-chrome'].find(
  (path) => path && existsSync(path),
);

export default defineConfig({
  testDir: './e2e',
  timeout: 30_000,
  forbidOnly: Boolean(process.env.CI),
  retries: process.env.CI ? 1 : 0,
  workers: 1,
  reporter: 'list',
  use: {
    browserName: 'chromium',
    launchOptions: {
      ...(installed ? { executablePath: installed } : {}),
      args: ['--no-sandbox', '--disable-gpu', '--disable-quic'],
    },
  },
});
