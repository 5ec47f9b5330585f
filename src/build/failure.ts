/** What a person needs to see of a failed build. */
export interface BuildFailure {
  /** The failing step, e.g. `[2/3] RUN npm ci`. */
  step: string;
  /** Last lines of the output. */
  tail: string;
  /** What to do, where more can be said than the output does. */
  fix?: string;
}

const TAIL_LINES = 30;

/** Finds the failing step in the output of BuildKit (plain progress) or of the classic builder. */
export function explainFailure(output: string): BuildFailure {
  const lines = output.split('\n').filter((line) => line.trim() !== '');
  return { step: failingStep(lines), tail: lines.slice(-TAIL_LINES).join('\n') };
}

function failingStep(lines: string[]): string {
  // BuildKit repeats the failing step at the end: ` > [stage 2/3] RUN ...:`
  const repeated = lines.findLast((line) => /^ > \[.+\]/.test(line));
  if (repeated !== undefined) return repeated.replace(/^ > /, '').replace(/:\s*$/, '').trim();
  const classic = lines.findLast((line) => /^Step \d+\/\d+ : /.test(line));
  if (classic !== undefined) return classic.trim();
  return (
    lines.findLast((line) => /^(ERROR|error)[: ]/.test(line))?.trim() ?? lines.at(-1)?.trim() ?? 'no output'
  );
}
