import { finished, type Readable } from 'node:stream';
import { extract } from 'tar-stream';

/** Fails when the archive fails or is given up; a pipe alone would wait for ever. */
export function entriesOf(archive: Readable) {
  const entries = archive.pipe(extract());
  finished(archive, (error) => {
    if (error) entries.destroy(error);
  });
  return entries;
}
