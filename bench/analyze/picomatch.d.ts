/** The part that the bench uses; the package brings no types. */
declare module 'picomatch' {
  export default function picomatch(
    globs: readonly string[],
    options?: { dot?: boolean },
  ): (path: string) => boolean;
}
