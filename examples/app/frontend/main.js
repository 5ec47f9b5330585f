import { stopOnSignal } from '../shared/serve.js';
import { startFrontend } from './server.js';

stopOnSignal(
  await startFrontend({
    port: Number(process.env.PORT ?? 3000),
    backend: process.env.BACKEND_URL ?? 'http://localhost:3001',
  }),
);
