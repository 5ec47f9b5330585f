// TypeScript for Jest by esbuild: any TypeScript version, no type check (tsc does that), ten lines.
import { transformSync } from 'esbuild';

export default {
  process(source, filename) {
    const { code, map } = transformSync(source, {
      loader: 'ts',
      format: 'esm',
      target: 'node24',
      sourcefile: filename,
      sourcemap: 'inline',
    });
    return { code, map };
  },
};
