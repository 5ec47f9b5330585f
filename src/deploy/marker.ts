import * as z from 'zod';
import type { Command, Target } from '../server/target.ts';

/** Says, beside the compose file on the server, which project and server the folder belongs to. */
export const Marker = z.looseObject({ project: z.string(), target: z.string() });
export type Marker = z.infer<typeof Marker>;

export const markerPath = (directory: string): string =>
  `${directory === '/' ? '' : directory}/.gonsautopilot.json`;

/** What a release of this project to this server leaves; the user and the port may change, the host may not. */
export const markerOf = (prefix: string, target: Pick<Target, 'name'>): Marker => ({
  project: prefix,
  target: target.name.replace(/^.*@/, '').replace(/:\d+$/, ''),
});

/** Undefined when there is none, or one that a full disk cut short. */
export async function readMarker(
  target: Pick<Target, 'readFile'>,
  directory: string,
): Promise<Marker | undefined> {
  const text = await target.readFile(markerPath(directory));
  try {
    return Marker.parse(JSON.parse(text ?? ''));
  } catch {
    return undefined;
  }
}

export const writeMarker = (directory: string, marker: Marker): Command => ({
  title: `write ${markerPath(directory)}`,
  argv: ['sh', '-c', 'cat >"$1"', 'sh', markerPath(directory)],
  input: `${JSON.stringify(marker)}\n`,
  timeout: 60_000,
});
