import { stopOnSignal } from '../shared/serve.js';
import { startBackend } from './server.js';

stopOnSignal(await startBackend({ port: Number(process.env.PORT ?? 3001) }));
