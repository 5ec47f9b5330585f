// Renders a Markdown file (a job summary) as GitHub would show it and takes a picture, for the README.
//   scripts/node24 scripts/screenshot.ts summary.md picture.png [height]
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { marked } from 'marked';

const STYLE = `
  body { font: 14px/1.5 -apple-system, "Segoe UI", "Noto Sans", "DejaVu Sans", sans-serif, "Noto Color Emoji"; color: #1f2328; background: #f6f8fa; margin: 0; padding: 24px }
  main { background: #fff; border: 1px solid #d1d9e0; border-radius: 6px; padding: 24px; max-width: 900px; margin: auto }
  h2 { font-size: 22px; border-bottom: 1px solid #d1d9e0b3; padding-bottom: .3em; margin-top: 0 }
  h3 { font-size: 17px; margin: 20px 0 12px }
  table { border-collapse: collapse; margin: 12px 0 } th, td { border: 1px solid #d1d9e0; padding: 6px 13px } tr:nth-child(even) td { background: #f6f8fa }
  code { background: #818b981f; padding: .2em .4em; border-radius: 6px; font: 85% ui-monospace, "DejaVu Sans Mono", monospace }
  pre { background: #f6f8fa; padding: 16px; border-radius: 6px; overflow: auto; line-height: 1.45 } pre code { background: none; padding: 0 }
  blockquote { border-left: .25em solid #d1d9e0; padding: 0 1em; margin: 12px 0 } blockquote.caution { border-color: #cf222e } blockquote.warning { border-color: #9a6700 }
  details { margin: 10px 0 } summary { cursor: default } a { color: #0969da; text-decoration: none } h2 code { font-size: 85% }`;

const [input, output, height = '1000'] = process.argv.slice(2);
if (!input || !output) {
  console.error('usage: screenshot.ts summary.md picture.png [height]');
  process.exit(2);
}
const alerts = (html: string) =>
  html.replace(
    /<blockquote>\s*<p>\[!(CAUTION|WARNING)\]\s*/g,
    (_, kind: string) =>
      `<blockquote class="${kind.toLowerCase()}"><p><b>${kind === 'CAUTION' ? '🛑 Caution' : '⚠️ Warning'}</b><br>`,
  );
const body = alerts(await marked.parse(readFileSync(input, 'utf8'), { gfm: true }));
const directory = mkdtempSync(join(tmpdir(), 'screenshot-'));
try {
  const page = join(directory, 'page.html');
  writeFileSync(page, `<!doctype html><meta charset="utf-8"><style>${STYLE}</style><main>${body}</main>`);
  const chromium = spawnSync(
    'chromium',
    [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      '--hide-scrollbars',
      `--user-data-dir=${join(directory, 'profile')}`,
      `--window-size=980,${height}`,
      `--screenshot=${resolve(output)}`,
      `file://${page}`,
    ],
    { timeout: 60_000, encoding: 'utf8' },
  );
  if (chromium.status !== 0) {
    console.error(chromium.error?.message ?? chromium.stderr);
    process.exitCode = 1;
  }
} finally {
  rmSync(directory, { recursive: true, force: true });
}
