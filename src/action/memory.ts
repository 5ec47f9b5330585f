import { setFlagsFromString } from 'node:v8';

/**
 * From here on V8 collects early. What has been sent is garbage outside its heap, of which it otherwise lets 64 MB and more
 * pile up: a 2 GB image then takes 200 MB to send instead of 120 to 150 (`npm run bench:memory`).
 */
export function favourMemory(): void {
  setFlagsFromString('--optimize-for-size');
}
