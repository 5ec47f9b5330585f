/** One ANALYZE in a process of its own: `once.ts API_URL TOKEN BASE HEAD WORKSPACE` prints what it found, as JSON. */
import { createRunProgram } from '../../src/action/run-program.ts';
import { analyze } from '../../src/analyze/analyze.ts';
import { workspaceReader } from '../../src/analyze/files.ts';
import { ConfigSchema } from '../../src/config/schema.ts';
import { servicesOf } from '../../src/config/services.ts';
import type { Log } from '../../src/effects.ts';
import { createGitHub } from '../../src/github/client.ts';

const [apiUrl = '', token = '', base = '', head = '', workspace = ''] = process.argv.slice(2);
const quiet = () => undefined;
const log: Log = {
  info: quiet,
  debug: quiet,
  notice: quiet,
  warning: quiet,
  error: quiet,
  foreign: quiet,
  group: (_title, body) => body(),
};
const config = ConfigSchema.parse({ project: { name: 'shop' }, deploy: { target: 'local' } });
const plan = await analyze(
  {
    config,
    services: servicesOf(config),
    event: {
      name: 'push',
      sha: head,
      after: head,
      before: base,
      ref: 'refs/heads/main',
      defaultBranch: 'main',
    },
    deployedCommits: { frontend: base, backend: base },
    workspace,
  },
  {
    github: createGitHub({ token, apiUrl, owner: 'gons', repo: 'shop', log }),
    run: createRunProgram(),
    log,
    readFile: workspaceReader(workspace),
  },
);
process.stdout.write(
  JSON.stringify({ files: plan.files.length, source: plan.source, warnings: plan.warnings }),
);
