/**
 * Runs an armed script (src/deploy/script.ts) in the model: its lines one by one, its shell functions by their model here.
 * The functions' text is compared, so that a change there cannot leave the model behind unnoticed.
 */
import { createHash } from 'node:crypto';
import { Client, Interpreter, type Machine } from './commands.ts';
import type { SimContainer } from './engine.ts';

/** Of the functions' text that the model below stands for; telling proxies is not in it, for there are none. */
const MODELLED = '85c08bca33f3';

/** None in the one that only removes candidates. */
function functionsOf(script: string): string {
  return script.slice(script.search(/^\w+\(\) \{/m), script.lastIndexOf('\n}\n') + 3);
}
const fingerprint = (text: string): string => createHash('sha256').update(text).digest('hex').slice(0, 12);

/** Exit code of the script. */
export async function runArmed(script: string, machine: Machine): Promise<number> {
  const { engine, files, scheduler } = machine;
  const functions = functionsOf(script);
  if (functions !== '' && fingerprint(functions) !== MODELLED)
    throw new Error(
      `the armed script's functions changed to ${fingerprint(functions)}: bring world/script.ts after them`,
    );
  const interpreter = new Interpreter(machine);
  const docker = async (...args: string[]) =>
    (await interpreter.run({ title: args.join(' '), argv: ['docker', ...args] }, new Client())).code;
  const lines = script.slice(script.indexOf(functions) + functions.length).split('\n');
  let failed = 0;
  let was = 0;
  // Of each `if` that is open: whether its lines are run.
  const open: boolean[] = [];
  for (const line of lines.map((entry) => entry.trim())) {
    const words = wordsOf(line);
    if (line === '' || line.startsWith('#') || line === 'failed=0' || line.startsWith('docker version '))
      continue;
    if (line === 'fi') open.pop();
    else if (line.startsWith('if ')) open.push(open.includes(false) || holds(line, words));
    if (line === 'fi' || line.startsWith('if ') || open.includes(false)) continue;
    await scheduler.sleep(5);
    if (line === 'was=$failed failed=0') [was, failed] = [failed, 0];
    else if (line === '[ "$was" = 0 ] || failed=1') failed ||= was;
    else if (line.startsWith('mv -f ')) {
      files.set(words[3] ?? '', files.get(words[2] ?? '') ?? '');
      files.delete(words[2] ?? '');
    } else if (line.startsWith('rm -f ')) for (const word of words.slice(2)) files.delete(word);
    else if (line.startsWith('docker rm --force --volumes '))
      failed ||= await docker('rm', '--force', words[4] ?? '');
    else if (line.startsWith('docker rename '))
      failed ||= await docker('rename', words[2] ?? '', words[3] ?? '');
    else if (words[0] === 'must_exist') failed ||= Number(engine.find(words[1] ?? '') === undefined);
    else if (words[0] === 'hide_old') {
      const [, id = '', network = ''] = words;
      if (engine.find(id)?.state === 'running') continue;
      await docker('network', 'disconnect', network, id);
      failed ||= await docker('network', 'connect', network, id);
    } else if (words[0] === 'rejoin') {
      const [, id = '', network = '', ...names] = words;
      if (engine.find(id)?.networks[network]?.aliases.includes(names[0] ?? '')) continue;
      await docker('network', 'disconnect', network, id);
      failed ||= await docker(
        'network',
        'connect',
        ...names.flatMap((name) => ['--alias', name]),
        network,
        id,
      );
    } else if (words[0] === 'start_old') {
      const container = engine.find(words[1] ?? '');
      if (container?.state !== 'running') failed ||= await docker('start', words[1] ?? '');
    } else if (words[0] === 'wait_old') failed ||= await waitOld(words);
    else if (words[0] === 'remove_new') {
      for (const container of newContainers(words)) {
        await docker('stop', container.id);
        failed ||= await docker('rm', '--force', container.id);
      }
    } else if (line.startsWith('exit ')) return failed;
    else throw new Error(`the model does not know this line of the armed script: ${line}`);
  }
  return failed;

  function holds(line: string, words: string[]): boolean {
    if (line === 'if [ "$failed" = 0 ]; then') return failed === 0;
    if (line.startsWith('if [ ! -e ')) return !files.has(words[4] ?? '') && files.has(words[9] ?? '');
    if (line.startsWith('if docker inspect ')) return engine.find(words[3] ?? '') !== undefined;
    throw new Error(`the model does not know this line of the armed script: ${line}`);
  }

  async function waitOld([, id = '', seconds, ...endpoint]: string[]): Promise<number> {
    let content = false;
    for (let left = Number(seconds); left > 0; left -= 1) {
      const container = engine.find(id);
      content = container?.state === 'running';
      if (content && (endpoint.length === 0 || (container && engine.answer(container) === 200))) return 0;
      await scheduler.sleep(1000);
    }
    return content ? 0 : 1;
  }

  function newContainers([, project, service, image, ids = '']: string[]): SimContainer[] {
    return [...engine.containers.values()].filter(
      ({ labels, id, image: own }) =>
        labels['com.docker.compose.project'] === project &&
        labels['com.docker.compose.service'] === service &&
        labels['com.docker.compose.oneoff'] === 'False' &&
        !ids.split(' ').includes(id) &&
        own === image,
    );
  }
}

/** Words as sh splits them; single quotes only, as the script has them. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}
