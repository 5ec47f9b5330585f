import { Alias, type Document, isMap, Pair, parseDocument, Scalar, YAMLMap } from 'yaml';
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
  let changed = false;
  for (const [name, image] of Object.entries(images)) {
    if (!names.includes(name)) {
      throw invalid(
        `The compose file has no service \`${name}\`.`,
        `It has ${names.length === 0 ? 'none' : names.map((entry) => `\`${entry}\``).join(', ')}. ` +
          'Name the right one in `services.<name>.compose_service`.',
      );
    }
    changed = setImage(services, name, image) || changed;
  }
  if (!changed) return source;
  const eol = source.includes('\r\n') ? '\r\n' : '\n';
  const text = document.toString({ lineWidth: 0, flowCollectionPadding: !/\{\S/.test(source) });
  return eol === '\n' ? text : text.replaceAll('\n', eol);
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

function setImage(services: YAMLMap, name: string, image: string): boolean {
  const node = services.get(name, true) as unknown;
  if (isMap(node)) {
    const current = node.get('image', true) as unknown;
    if (current instanceof Scalar) {
      if (current.value === image) return false;
      current.value = image;
      // A tag such as `1.10` in a quoted scalar must stay a string whatever style it had.
      delete current.source;
      return true;
    }
    node.set('image', image);
    return true;
  }
  const map = new YAMLMap();
  if (node instanceof Alias) map.items.push(new Pair(new Scalar('<<'), node));
  map.items.push(new Pair(new Scalar('image'), new Scalar(image)));
  services.set(name, map);
  return true;
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
