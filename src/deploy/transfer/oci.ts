import { createHash } from 'node:crypto';

const TYPE = {
  index: 'application/vnd.oci.image.index.v1+json',
  manifest: 'application/vnd.oci.image.manifest.v1+json',
  config: 'application/vnd.oci.image.config.v1+json',
  layer: 'application/vnd.oci.image.layer.v1.tar',
} as const;

export interface DescribedImage {
  references: readonly string[];
  config: Buffer;
  /** Uncompressed, bottom first. */
  layers: readonly { digest: string; size: number }[];
}

/**
 * Every file of an OCI layout but the layers, with a manifest.json for engines that only know that. Pure.
 * @returns the files, and the digest of each image's manifest
 */
export function ociDescriptions(images: readonly DescribedImage[]): {
  files: { name: string; content: Buffer }[];
  manifests: string[];
} {
  const files = new Map<string, Buffer>();
  const blob = (content: Buffer, mediaType: string) => {
    const hex = createHash('sha256').update(content).digest('hex');
    files.set(`blobs/sha256/${hex}`, content);
    return { mediaType, digest: `sha256:${hex}`, size: content.length };
  };
  const manifests: string[] = [];
  const index = images.flatMap((image) => {
    const manifest = blob(
      text({
        schemaVersion: 2,
        mediaType: TYPE.manifest,
        config: blob(image.config, TYPE.config),
        layers: image.layers.map((layer) => ({ mediaType: TYPE.layer, ...layer })),
      }),
      TYPE.manifest,
    );
    manifests.push(manifest.digest);
    return image.references.map((reference) => ({
      ...manifest,
      annotations: {
        'io.containerd.image.name': wholeName(reference),
        'org.opencontainers.image.ref.name': reference.slice(reference.lastIndexOf(':') + 1),
      },
    }));
  });
  const docker = images.map((image) => ({
    Config: pathOf(`sha256:${createHash('sha256').update(image.config).digest('hex')}`),
    RepoTags: image.references,
    Layers: image.layers.map((layer) => pathOf(layer.digest)),
  }));
  files.set('oci-layout', text({ imageLayoutVersion: '1.0.0' }));
  files.set('index.json', text({ schemaVersion: 2, mediaType: TYPE.index, manifests: index }));
  files.set('manifest.json', text(docker));
  return { files: [...files].map(([name, content]) => ({ name, content })), manifests };
}

const text = (value: unknown) => Buffer.from(JSON.stringify(value));
const pathOf = (digest: string) => digest.replace('sha256:', 'blobs/sha256/');

/** `shop-web:1` -> `docker.io/library/shop-web:1`, as stores write names. */
export function wholeName(reference: string): string {
  const [first = ''] = reference.split('/', 1);
  if (first === reference) return `docker.io/library/${reference}`;
  return /[.:]/.test(first) || first === 'localhost' ? reference : `docker.io/${reference}`;
}
