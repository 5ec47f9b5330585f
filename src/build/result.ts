import * as z from 'zod';

export const BuiltImage = z.object({
  service: z.string(),
  /** Tag alone, e.g. `a1b2c3d`. */
  tag: z.string(),
  /** What goes into the compose file, e.g. `my-webapp-frontend:a1b2c3d`. */
  reference: z.string(),
  /** Where the server pulls it, `ghcr.io/me/my-webapp-frontend@sha256:...`; only with `build.registry`. */
  pull: z.string().optional(),
  /** Engine's image id on the runner, `sha256:...`. */
  id: z.string(),
  /** Uncompressed bytes. */
  size: z.number(),
  /** Milliseconds. */
  duration: z.number(),
});
export type BuiltImage = z.infer<typeof BuiltImage>;

export const BuildResult = z.object({
  status: z.enum(['passed', 'warning', 'failed', 'skipped']),
  images: z.array(BuiltImage),
  failure: z
    .object({ service: z.string(), step: z.string(), tail: z.string(), fix: z.string().optional() })
    .optional(),
  warnings: z.array(z.string()),
});
export type BuildResult = z.infer<typeof BuildResult>;
