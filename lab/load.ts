/**
 * Users of an app at a steady pace, in a process of its own so that whoever measures does not slow them down: half of them
 * open a connection for each request, half keep theirs. `node lab/load.ts URL RATE` until its standard input ends; then
 * one line of JSON. A request that a kept connection lost before any answer is sent once more on a new one, as browsers do
 * (RFC 9112, 9.3.1), and counted as retried.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { fileURLToPath } from 'node:url';

export interface StreamReport {
  requests: number;
  failed: number;
  retried: number;
  /** Longest time between two good answers, in milliseconds. */
  gap: number;
  /** What the good ones said -> how often. */
  answers: Record<string, number>;
  /** What went wrong -> how often. */
  failures: Record<string, number>;
}
export interface LoadReport {
  fresh: StreamReport;
  kept: StreamReport;
}

/** @param rate requests a second, both halves together */
export function startLoad(url: string, rate = 200): () => Promise<LoadReport> {
  const child = spawn(process.execPath, [fileURLToPath(import.meta.url), url, String(rate)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return async () => {
    child.stdin.end();
    await once(child, 'close');
    return JSON.parse(text) as LoadReport;
  };
}

/** Milliseconds for all of a request, the wait for one of the kept connections included. */
const PATIENCE = 10_000;

function stream(url: string, rate: number, agent: Agent | false): () => Promise<StreamReport> {
  const report: StreamReport = { requests: 0, failed: 0, retried: 0, gap: 0, answers: {}, failures: {} };
  const pending = new Set<Promise<void>>();
  let lastGood = performance.now();
  const count = (table: Record<string, number>, key: string) => (table[key] = (table[key] ?? 0) + 1);
  const ask = (through: Agent | false): Promise<{ good: string } | { bad: string; again: boolean }> =>
    new Promise((resolve) => {
      const sent = request(url, { agent: through, signal: AbortSignal.timeout(PATIENCE) }, (response) => {
        let body = '';
        response.on('data', (chunk: Buffer) => (body += chunk.toString()));
        response.on('error', (error) => resolve({ bad: `cut short: ${error.message}`, again: false }));
        response.on('end', () => {
          const status = response.statusCode ?? 0;
          resolve(status === 200 ? { good: body.trim() } : { bad: String(status), again: false });
        });
      });
      sent.on('error', (error: Error & { code?: string }) =>
        resolve({
          bad: error.name === 'AbortError' ? 'no answer in time' : (error.code ?? error.message),
          again: sent.reusedSocket && error.code === 'ECONNRESET',
        }),
      );
      sent.end();
    });
  const one = async () => {
    report.requests += 1;
    let answer = await ask(agent);
    if ('bad' in answer && answer.again) {
      report.retried += 1;
      answer = await ask(false);
    }
    if ('bad' in answer) {
      report.failed += 1;
      count(report.failures, answer.bad);
      return;
    }
    count(report.answers, answer.good);
    const now = performance.now();
    report.gap = Math.max(report.gap, now - lastGood);
    lastGood = now;
  };
  const began = performance.now();
  let due = 0;
  const timer = setInterval(() => {
    // Those that a late timer missed are sent now: the pace is that of the users, not of this process.
    for (; due < ((performance.now() - began) * rate) / 1000; due += 1) {
      const request = one().finally(() => pending.delete(request));
      pending.add(request);
    }
  }, 1000 / rate);
  return async () => {
    clearInterval(timer);
    await Promise.all(pending);
    report.gap = Math.round(Math.max(report.gap, performance.now() - lastGood));
    return report;
  };
}

async function main(url: string, rate: number): Promise<void> {
  const agent = new Agent({ keepAlive: true, maxSockets: 20 });
  const stops = [stream(url, rate / 2, false), stream(url, rate / 2, agent)];
  process.stdin.resume();
  // Whoever asked may be gone.
  process.stdout.on('error', () => process.exit(1));
  await once(process.stdin, 'end');
  const [fresh, kept] = await Promise.all(stops.map((stop) => stop()));
  agent.destroy();
  process.stdout.write(JSON.stringify({ fresh, kept }));
}

const [, program = '', url, rate] = process.argv;
if (program === fileURLToPath(import.meta.url) && url !== undefined) await main(url, Number(rate));
