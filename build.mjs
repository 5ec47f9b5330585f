// src -> dist: ESM with code splitting, not minified, so that what runs can be reviewed. The options are those that were
// tried on this set of packages; each of them is there because leaving it out breaks something at run time.
import { cp, rm } from 'node:fs/promises';
import { build } from 'esbuild';

/** ssh2's optional native parts: it falls back to node:crypto when they cannot be loaded. */
const withoutNativeAddons = {
  name: 'without-native-addons',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /\.node$|^cpu-features$/ }, ({ path }) => ({ path, namespace: 'native-addon' }));
    onLoad({ filter: /.*/, namespace: 'native-addon' }, ({ path }) => ({
      contents: `throw new Error(${JSON.stringify(`${path} is not part of the bundle`)});`,
    }));
  },
};

/** dockerode imports gRPC for BuildKit sessions only, which we leave to `docker buildx`. */
const withoutGrpc = {
  name: 'without-grpc',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(@grpc\/|protobufjs)/ }, ({ path, importer }) =>
      importer.includes('dockerode') ? { path, namespace: 'empty' } : undefined,
    );
    onLoad({ filter: /.*/, namespace: 'empty' }, () => ({ contents: 'module.exports = {};', loader: 'js' }));
  },
};

const outdir = process.argv[2] ?? 'dist';
await rm(outdir, { recursive: true, force: true });
await build({
  entryPoints: ['src/index.ts', 'src/post.ts'],
  outdir,
  bundle: true,
  format: 'esm',
  platform: 'node',
  target: 'node24',
  splitting: true,
  mainFields: ['module', 'main'],
  // The cache client compares class names of errors.
  keepNames: true,

  banner: {
    js: "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);",
  },
  define: { __dirname: 'import.meta.dirname', __filename: 'import.meta.filename' },
  plugins: [withoutNativeAddons, withoutGrpc],
  legalComments: 'linked',
  logLevel: 'warning',
});
// Read at run time beside the bundle, and sent to the server as it is.
await cp('src/server/keeper', `${outdir}/keeper`, { recursive: true });
await cp('src/deploy/undo.sh', `${outdir}/undo.sh`);
