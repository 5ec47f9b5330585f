import type { Drift } from '../config/schema.ts';
import { AutopilotError } from '../errors.ts';
import { IMAGE_LABEL } from '../image-labels.ts';
import type { Target } from '../server/target.ts';
import { setImages } from './compose-edit.ts';
import { driftOf, type OwnImages, taggedImages } from './drift.ts';
import { type Marker, readMarker } from './marker.ts';
import { COMPOSE_LABEL, type Observation } from './plan.ts';
import type { Wanted } from './release.ts';
import { resolve } from './resolve.ts';

export interface Observed extends Observation {
  /** The compose file with the wanted images in it. */
  nextSource: string;
  /** How the server's file differs from the repository's; empty when it does not. */
  drift: string;
  /** What the folder on the server says it belongs to. */
  marker: Marker | undefined;
  warnings: string[];
}

/**
 * Looks at the server; changes nothing. The compose file on the server wins over the repository's, which is used for a
 * first deployment and with `drift: overwrite`. Throws CONFIG_INVALID or SERVER_COMPOSE.
 */
export async function observe(
  target: Target,
  composeFile: string,
  composeSource: string | undefined,
  wanted: readonly Wanted[],
  drift: Drift = 'adopt',
  own: OwnImages = {},
): Promise<Observed> {
  const directory = composeFile.slice(0, composeFile.lastIndexOf('/')) || '/';
  // Does not wait for the compose file; without one its own failure is no matter.
  const looked = Promise.all([engineOf(target), readMarker(target, directory)]);
  looked.catch(() => undefined);
  const serverSource = await target.readFile(composeFile);
  const source = drift === 'overwrite' ? (composeSource ?? serverSource) : (serverSource ?? composeSource);
  if (source === undefined) {
    throw new AutopilotError('CONFIG_INVALID', {
      what: `There is no compose file: neither ${composeFile} on ${target.name} nor one in the repository.`,
      fix: 'Commit the file that `deploy.compose_file` names, or put it on the server at `deploy.path`.',
    });
  }
  const images = Object.fromEntries(
    wanted.map((entry) => [entry.service.composeService, entry.image.reference]),
  );
  // The repository's file knows no tags: the services that this release leaves alone keep those they run.
  const kept =
    drift === 'overwrite' && serverSource !== undefined && composeSource !== undefined
      ? taggedImages(serverSource, composeSource, own)
      : {};
  const nextSource = setImages(source, { ...kept, ...images });
  const [{ model, hashes }, [{ engine, freeDisk }, marker]] = await Promise.all([
    resolve(target, directory, nextSource, Object.keys(images)),
    looked,
  ]);
  const all = await target.engine.containers([`${COMPOSE_LABEL.project}=${model.name}`]);
  const containers = all.filter((container) => !/^true$/i.test(container.labels[COMPOSE_LABEL.oneoff] ?? ''));
  const references = new Set([...containers.map((container) => container.image), ...Object.values(images)]);
  const imageIds: Record<string, string> = {};
  const tags: Record<string, string[]> = {};
  const builtBy: Record<string, string> = {};
  await Promise.all(
    [...references].map(async (reference) => {
      const image = await target.engine.image(reference);
      if (!image) return;
      imageIds[reference] = image.id;
      tags[image.id] = image.references;
      builtBy[image.id] = image.labels[IMAGE_LABEL.pipeline] ?? '';
    }),
  );
  const differences = driftOf(serverSource, composeSource, images, own);
  return {
    model,
    containers,
    hashes,
    imageIds,
    tags,
    builtBy,
    engine,
    freeDisk,
    serverSource,
    nextSource,
    drift: differences,
    marker,
    warnings: differences === '' || drift !== 'adopt' ? [] : [adopted(composeFile, differences)],
  };
}

async function engineOf(target: Target): Promise<Pick<Observation, 'engine' | 'freeDisk'>> {
  const engine = await target.engine.info();
  return { engine, freeDisk: await target.freeDisk(engine.dataRoot) };
}

/** A person's edit that the repository does not know. */
const adopted = (composeFile: string, differences: string) =>
  `${composeFile} on the server differs from the one in the repository by more than image tags. The server's file is used; copy it into the repository, or the other way round, to end this warning:\n${differences}`;
