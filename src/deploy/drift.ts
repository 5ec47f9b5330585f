import { imagesIn, servicesIn, setImages } from './compose-edit.ts';

/** Longer files are not compared line by line: the table below would be too large. */
const MOST_LINES = 3_000;

/**
 * How the compose file on the server differs from the repository's, apart from the images, which are ours to change: lines
 * of `-` (server only) and `+` (repository only) with line numbers. Empty when they say the same. What looks like a secret
 * is not shown: a person may have written one into the file on the server. Pure.
 */
export function driftOf(
  server: string | undefined,
  repository: string | undefined,
  images: Readonly<Record<string, string>>,
  own: OwnImages = {},
): string {
  if (server === undefined || repository === undefined) return '';
  const same = { ...taggedImages(server, repository, own), ...images };
  const [left, right] = [comparable(server, same), comparable(repository, same)];
  if (left.join('\n') === right.join('\n')) return '';
  if (left.length > MOST_LINES || right.length > MOST_LINES) {
    return `${String(left.length)} lines on the server, ${String(right.length)} in the repository`;
  }
  return lineDiff(left, right).map(withoutSecrets).join('\n');
}

/** compose service -> name of the images that releases write into the server's file for it, `shop-backend`. */
export type OwnImages = Readonly<Record<string, string>>;

/**
 * Images of services whose tags earlier releases have written into the server's file, by service: those with a name of ours,
 * whatever the repository says there (often only `build:`), and those that differ from the repository's by their tag.
 */
export function taggedImages(server: string, repository: string, own: OwnImages): Record<string, string> {
  try {
    const here = imagesIn(repository);
    const services = servicesIn(repository);
    const tagged = Object.entries(imagesIn(server)).filter(
      ([name, image]) =>
        services.includes(name) && [own[name], nameOf(here[name] ?? '')].includes(nameOf(image)),
    );
    return Object.fromEntries(tagged);
  } catch {
    return {};
  }
}

/** `shop-frontend:a1b2c3d` -> `shop-frontend`. */
const nameOf = (image: string) => image.replace(/:[^:/]*$/, '');

function comparable(source: string, images: Readonly<Record<string, string>>): string[] {
  const lines = (text: string) => text.trimEnd().split(/\r?\n/);
  try {
    return lines(setImages(source, images));
  } catch {
    // A file that lacks one of the services differs as well.
    return lines(source);
  }
}

/** Longest common subsequence; what is not in it was removed or added. */
function lineDiff(left: readonly string[], right: readonly string[]): string[] {
  const width = right.length + 1;
  const common = new Uint16Array((left.length + 1) * width);
  const at = (row: number, column: number) => common[row * width + column] ?? 0;
  for (let row = left.length - 1; row >= 0; row -= 1) {
    for (let column = right.length - 1; column >= 0; column -= 1) {
      common[row * width + column] =
        left[row] === right[column]
          ? at(row + 1, column + 1) + 1
          : Math.max(at(row + 1, column), at(row, column + 1));
    }
  }
  const found: string[] = [];
  let row = 0;
  let column = 0;
  while (row < left.length || column < right.length) {
    if (row < left.length && column < right.length && left[row] === right[column]) {
      row += 1;
      column += 1;
    } else if (column >= right.length || (row < left.length && at(row + 1, column) >= at(row, column + 1))) {
      found.push(`-${String(row + 1)}: ${left[row] ?? ''}`);
      row += 1;
    } else {
      found.push(`+${String(column + 1)}: ${right[column] ?? ''}`);
      column += 1;
    }
  }
  return found;
}

const SECRET_KEY = /((?:pass|secret|token|key|credential|auth|dsn|private)[\w.-]*["']?\s*[:=]\s*).+$/i;
const SECRET_URL = /(\w+:\/\/[^\s:/@]*:)[^\s@]+@/g;

const withoutSecrets = (line: string) => line.replace(SECRET_KEY, '$1***').replace(SECRET_URL, '$1***@');
