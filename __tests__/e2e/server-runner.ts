// A runner to be killed: opens a keeper, arms it, starts a long command, says so, and waits.
// Arguments: directory, the script to arm ('' for none), shell words. Environment: LONG, what the command does, and LIMIT, its
// time limit in milliseconds.
import { openLocalTarget } from '../../src/server/target-local.ts';

const [path = '', armed = '', ...shell] = process.argv.slice(2);
const quiet = () => undefined;
const log = {
  info: quiet,
  debug: quiet,
  notice: quiet,
  warning: quiet,
  error: quiet,
  foreign: quiet,
  group: <T>(_title: string, body: () => Promise<T>) => body(),
};
const target = openLocalTarget({ path, log, shell: shell as [string, ...string[]] });
const keeper = await target.openKeeper({
  pipelineId: 'doomed',
  runUrl: 'run/1',
  actor: 'ann',
  wait: 5,
  heartbeat: 3,
});
if (armed !== '') await keeper.arm(armed);
keeper
  .change(
    {
      title: 'long',
      argv: [
        'sh',
        '-c',
        `echo started; touch running; ${process.env.LONG || 'sleep 300 & wait; touch survived'}`,
      ],
      cwd: path,
      ...(process.env.LIMIT ? { timeout: Number(process.env.LIMIT) } : {}),
    },
    (line) => console.log(line),
  )
  .catch((error: unknown) => console.log(String(error)));
