import { Alias, type Document, isMap, parseDocument, Scalar, type YAMLMap } from 'yaml';
import { AutopilotError } from '../errors.ts';

/**
 * Rule D2.1: puts the image of each compose service into the file and changes nothing else: comments, order, quoting
 * and line ends of the rest stay. A service without an `image` key gets one; a service that is an alias of another
 * becomes a map that merges it. Throws CONFIG_INVALID for a file that is no compose file or lacks a service.
 */
export function setImages(source: string, images: Readonly<Record<string, string>>): string {
  const document = parse(source);
  const services = document.get('services', true);
  if (!isMap(services)) {
    throw invalid('The compose file has no `services`.', 'Add a `services` map with the services to deploy.');
  }
  const names = services.items.map((pair) => String(pair.key instanceof Scalar ? pair.key.value : pair.key));
  const splices: Splice[] = [];
  for (const [name, image] of Object.entries(images)) {
    if (!names.includes(name)) {
      throw invalid(
        `The compose file has no service \`${name}\`.`,
        `It has ${names.length === 0 ? 'none' : names.map((entry) => `\`${entry}\``).join(', ')}. ` +
          'Name the right one in `services.<name>.compose_service`.',
      );
    }
    splices.push(...imageSplice(source, services, name, image));
  }
  // From the end, so that the places of the earlier ones stay what they are.
  const edited = splices
    .sort((left, right) => right.from - left.from)
    .reduce((text, splice) => text.slice(0, splice.from) + splice.text + text.slice(splice.to), source);
  return edited;
}

/** Names of the services in the file. */
export function servicesIn(source: string): string[] {
  const value = parse(source).toJS() as { services?: Record<string, unknown> } | null;
  return Object.keys(value?.services ?? {});
}

/** The `image` of each service as it stands in the file, variables unresolved; services without one are left out. */
export function imagesIn(source: string): Record<string, string> {
  const value = parse(source).toJS() as { services?: Record<string, { image?: unknown } | null> } | null;
  return Object.fromEntries(
    Object.entries(value?.services ?? {}).flatMap(([name, service]) =>
      typeof service?.image === 'string' ? [[name, service.image]] : [],
    ),
  );
}

/** One replacement in the text; the document model says where, so that every other byte stays. */
interface Splice {
  from: number;
  to: number;
  text: string;
}

function imageSplice(source: string, services: YAMLMap, name: string, image: string): Splice[] {
  const value = JSON.stringify(image);
  // Plain wherever YAML would read back the same string.
  const text = parseDocument(image).toJS() === image ? image : value;
  const node = services.get(name, true) as unknown;
  if (isMap(node)) {
    const current = node.get('image', true) as unknown;
    if (current instanceof Scalar && current.value === image) return [];
    if ((current instanceof Scalar || current instanceof Alias) && current.range) {
      const [from, to] = current.range;
      // `image:` with nothing after it has an empty value right behind the colon.
      const block = current instanceof Scalar && (current.type ?? '').startsWith('BLOCK_');
      return [{ from, to, text: from === to ? ` ${text}` : block ? `${text}\n` : text }];
    }
    const first = node.items[0]?.key as Scalar | undefined;
    if (node.flow || !first?.range) {
      const from = (node.range?.[0] ?? 0) + 1;
      return [{ from, to: from, text: ` image: ${value}${node.items.length > 0 ? ',' : ' '}` }];
    }
    const [from] = first.range;
    const indent = from - (source.lastIndexOf('\n', from - 1) + 1);
    const eol = source.includes('\r\n') ? '\r\n' : '\n';
    return [{ from, to: from, text: `image: ${text}${eol}${' '.repeat(indent)}` }];
  }
  if (node instanceof Alias && node.range) {
    return [{ from: node.range[0], to: node.range[1], text: `{ <<: *${node.source}, image: ${value} }` }];
  }
  const range = (node as Scalar | null)?.range;
  if (!range || (node instanceof Scalar && node.value !== null)) {
    throw invalid(`Service \`${name}\` of the compose file is no map.`, 'Write its keys below its name.');
  }
  return [{ from: range[0], to: range[0], text: ` { image: ${value} }` }];
}

function parse(source: string): Document {
  const document = parseDocument(source, { merge: true, keepSourceTokens: false });
  const [problem] = document.errors;
  if (problem) throw invalid(`The compose file is not valid YAML: ${problem.message}`, 'Repair the file.');
  return document;
}

function invalid(what: string, fix: string): AutopilotError {
  return new AutopilotError('CONFIG_INVALID', { what, fix });
}
