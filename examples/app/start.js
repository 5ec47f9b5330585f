// Both services in one process, for development and for measuring the page: http://localhost:3000, or PORT and PORT + 1.
import { startBackend } from './backend/server.js';
import { startFrontend } from './frontend/server.js';
import { stopOnSignal } from './shared/serve.js';

const port = Number(process.env.PORT ?? 3000);
const backend = await startBackend({ port: port === 0 ? 0 : port + 1 });
const frontend = await startFrontend({ port, backend: `http://localhost:${backend.port}` });
stopOnSignal({ close: () => Promise.all([frontend.close(), backend.close()]) });
