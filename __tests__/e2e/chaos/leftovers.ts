/** What a deployment may leave nowhere once it is over, looked for from outside: on the server and on the runner. */
import { readdir, readFile } from 'node:fs/promises';
import { run } from '../../../lab/process.ts';
import type { World } from '../../../lab/world.ts';

/** Own image references for each service: `safety.keep_releases` newest, as many rollback targets, and the one before. */
const KEPT_IMAGES = (keepReleases: number) => 2 * keepReleases + 1;

/** What it would be -> a script that prints each of them on a line of its own. */
const ON_THE_SERVER: Record<string, string> = {
  // Everything that is kept by design is named; whatever else lies there was forgotten.
  'a file': `find /srv/shop -mindepth 1 -type f ! -path /srv/shop/docker-compose.prod.yml ! -path /srv/shop/.gonsautopilot.json \
    ! -path /srv/shop/proxy.conf ! -path '/srv/shop/.gonsautopilot/journal' ! -path '/srv/shop/.gonsautopilot/epoch' \
    ! -path '/srv/shop/.gonsautopilot/lock' ! -path '/srv/shop/.gonsautopilot/revert.log' \
    ! -path '/srv/shop/.gonsautopilot/layers/[0-9a-f]*'`,
  'a container that does not run': `docker ps --all --format '{{.State}} {{.Names}}' | grep -v '^running '`,
  'a candidate or a migration': `docker ps --all --filter label=com.docker.compose.oneoff=True --format '{{.Names}}'`,
  // Keeper, docker load, a session of sshd: that user has nothing of its own here.
  // What it waits for, and what it holds open, says which part of the keeper it is.
  'a process of the user deploy': `ps -u deploy -o pid=,ppid=,etimes=,wchan:20=,args= | tr '\\n' ' ' | sed '/^ *$/d'
    for pid in $(ps -u deploy -o pid=); do ls -l "/proc/$pid/fd" 2>/dev/null | sed -n 's/^.* \\([0-9]* -> \\)/\\1/p'; done`,
  'a held lock': 'flock -n /srv/shop/.gonsautopilot/lock true || cat /srv/shop/.gonsautopilot/holder',
  'half an image': 'ls -A /var/lib/docker/tmp',
  'an image without a name': `docker image ls --quiet --filter dangling=true`,
  'an image that cannot start': `docker image ls --format '{{.Repository}}:{{.Tag}}' | grep '^shop-' | while read -r image; do
    id=$(docker create --pull never --network none "$image") && docker rm "$id" >/dev/null || echo "$image"; done`,
  'a network': `docker network ls --filter type=custom --format '{{.Name}}' | grep -vx shop_default`,
  'a volume': 'docker volume ls --quiet',
};

export interface Suspects {
  keepReleases: number;
  /** Folders in shared memory of keepers that were seen alive. */
  keepers: Iterable<string>;
  /** Workspaces of the jobs that ran. */
  workspaces: readonly string[];
}

/** One sentence for each thing that is left over. */
export async function leftovers(world: World, suspects: Suspects): Promise<string[]> {
  const found = await Promise.all([onTheServer(world, suspects), onTheRunner(world, suspects)]);
  return found.flat();
}

async function onTheServer(world: World, { keepReleases, keepers }: Suspects): Promise<string[]> {
  const own = `docker image ls --format '{{.Repository}} {{.ID}}' | grep '^shop-' | sort -u | cut -d' ' -f1 | uniq -c | while read -r count name; do
    [ "$count" -le ${String(KEPT_IMAGES(keepReleases))} ] || echo "$count of $name"; done`;
  const shared = [...keepers].map((folder) => `ls -d ${folder}`).join('; ') || ':';
  const looks = { ...ON_THE_SERVER, 'more images than are kept': own, 'the folder of a keeper': shared };
  const script = Object.entries(looks).map(([what, look]) => `{ ${look}; } 2>&1 | sed 's|^|${what}: |'`);
  const { stdout, stderr } = await world.server.exec(script.join('\n'));
  // What `ls` says about a folder that is gone is how it should be.
  return [...lines(stdout), ...lines(stderr)]
    .filter((line) => !line.includes('No such file or directory'))
    .map((line) => `left over on the server: ${line}`);
}

async function onTheRunner(world: World, { workspaces }: Suspects): Promise<string[]> {
  const left: string[] = [];
  for (const pid of await readdir('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    const environment = await readFile(`/proc/${pid}/environ`, 'utf8').catch(() => '');
    const mine = workspaces.some((folder) => environment.split('\0').includes(`GITHUB_WORKSPACE=${folder}`));
    const command = mine ? await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '') : '';
    // An empty one is a zombie that waits for its parent to look.
    if (command !== '')
      left.push(`left over on the runner: the process ${pid} ${command.replaceAll('\0', ' ')}`);
  }
  const { stdout } = await run(
    ['docker', 'ps', '--all', '--format', 'the container {{.Names}} of {{.Image}}'],
    {
      env: world.lab.engine.env,
    },
  );
  return [...left, ...lines(stdout).map((line) => `left over on the runner: ${line}`)];
}

const lines = (text: string) => text.split('\n').filter((line) => line !== '');
