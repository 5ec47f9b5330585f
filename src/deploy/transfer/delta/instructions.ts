import type { Step } from './diff.ts';
import { contentLength, HEADER } from './units.ts';

/**
 * An archive as instructions for the patcher: the layer at `path` as the steps say, everything else as it is. Streams;
 * nothing is kept. Fails when the archive has no such layer, or one of another length.
 */
export async function* instructions(
  archive: AsyncIterable<Buffer>,
  path: string,
  steps: readonly Step[],
): AsyncGenerator<Buffer> {
  const header = Buffer.alloc(HEADER);
  let filled = 0;
  let contentLeft = 0;
  const plan: Plan = { steps, index: 0, done: 0 };
  let inLayer = false;
  for await (const chunk of archive) {
    for (let at = 0; at < chunk.length;) {
      const begins = contentLeft === 0;
      const piece = chunk.subarray(at, at + (begins ? HEADER - filled : contentLeft));
      at += piece.length;
      if (!begins) {
        contentLeft -= piece.length;
        yield* inLayer ? follow(plan, piece) : literal(piece);
        continue;
      }
      yield* literal(piece);
      filled += piece.copy(header, filled);
      if (filled < HEADER) continue;
      filled = 0;
      contentLeft = contentLength(header);
      inLayer = nameOf(header) === path;
    }
  }
  if (steps.slice(plan.index).some(({ kind }) => kind !== 'skip'))
    throw new Error('the image archive does not have the layer that was compared');
  yield Buffer.from('e 0\n');
}

interface Plan {
  steps: readonly Step[];
  index: number;
  /** Bytes of the step at hand that have passed. */
  done: number;
}

function* follow(plan: Plan, content: Buffer): Generator<Buffer> {
  for (let at = 0; at < content.length;) {
    const step = plan.steps[plan.index];
    // What comes after the layer is its padding in the archive.
    if (step === undefined) return yield* literal(content.subarray(at));
    if (plan.done === 0 && step.kind !== 'literal') yield Buffer.from(lineOf(step));
    if (step.kind !== 'skip') {
      const piece = content.subarray(at, at + step.length - plan.done);
      if (step.kind === 'literal') yield* literal(piece);
      at += piece.length;
      plan.done += piece.length;
      if (plan.done < step.length) continue;
    }
    plan.index += 1;
    plan.done = 0;
  }
}

function* literal(bytes: Buffer): Generator<Buffer> {
  yield Buffer.from(`l ${bytes.length}\n`);
  yield bytes;
}

function lineOf(step: Exclude<Step, { kind: 'literal' }>): string {
  if (step.kind === 'copy') return `c ${step.length}\n`;
  if (step.kind === 'skip') return `s ${step.length}\n`;
  return `t ${step.length} ${step.stamp.toString(8).padStart(11, '0')}\n`;
}

const nameOf = (header: Buffer) => header.toString('latin1', 0, 100).replace(/\0[^]*$/, '');
