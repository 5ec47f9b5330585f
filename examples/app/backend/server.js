import { sendJson, serve } from '../shared/serve.js';
import { products } from './products.js';
import { quote } from './quote.js';
import { release } from './release.js';

const LARGEST_BODY = 16_384;

/** The JSON API: GET /api/products, POST /api/quote, GET /health (also as /api/health, through the frontend). */
export function startBackend({ port, log }) {
  return serve({ name: 'backend', release, port, log, handle });
}

async function handle(request, response, url) {
  switch (`${request.method} ${url.pathname}`) {
    case 'GET /health':
    case 'GET /api/health':
      return sendJson(response, 200, { status: 'ok', service: 'backend', version: release.version });
    case 'GET /api/version':
      return sendJson(response, 200, { service: 'backend', version: release.version });
    case 'GET /api/products':
      return sendJson(response, 200, products);
    case 'POST /api/quote':
      return sendQuote(request, response);
    default:
      return sendJson(response, 404, { error: 'not found' });
  }
}

async function sendQuote(request, response) {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > LARGEST_BODY) return sendJson(response, 413, { error: 'the basket is too large' });
    chunks.push(chunk);
  }
  try {
    sendJson(response, 200, quote(JSON.parse(Buffer.concat(chunks).toString('utf8')), products));
  } catch (error) {
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error;
    sendJson(response, 400, { error: error.message });
  }
}
