import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { parse } from 'yaml';
import { imagesIn, setImages } from '../../../src/deploy/compose-edit.ts';

const SOURCE = `# head
x-base: &base
  restart: always
services:
  web: # the page
    # what runs
    image: "shop-web:v1"   # quoted
    ports: ["80:8080"]
    labels: {web.image: "web"}
  web-admin: { image: shop-web-admin:v1, ports: ['81:8080'] }
  api:
    build: .
    environment:
      - WEB_IMAGE=web:v1
  worker: *base
  empty:
  cron:
    <<: *base
    image:
`;

describe('D2.1: the image tag in the compose file', () => {
  test('only the image of the named service changes, byte for byte', () => {
    expect(setImages(SOURCE, { web: 'shop-web:v2' })).toBe(SOURCE.replace('"shop-web:v1"', 'shop-web:v2'));
    expect(setImages(SOURCE, { 'web-admin': 'shop-web-admin:v2' })).toBe(
      SOURCE.replace('shop-web-admin:v1', 'shop-web-admin:v2'),
    );
  });

  test.each([['api'], ['worker'], ['empty'], ['cron']])('a service without an image gets one: %s', (name) => {
    const edited = setImages(SOURCE, { [name]: 'shop:v2' });
    expect(imagesIn(edited)).toEqual({ ...imagesIn(SOURCE), [name]: 'shop:v2' });
    const before = parse(SOURCE, { merge: true });
    before.services[name] = { ...before.services[name], image: 'shop:v2' };
    expect(parse(edited, { merge: true })).toEqual(before);
  });

  test.each([
    ['services:\n  web:\n    image: >-\n      a:1\n    tty: true\n'],
    ['services:\n  web:\n    image: &tag a:1\n    tty: true\n'],
    ['{"services": {"web": {"image": "a:1", "tty": true}}}'],
  ])('whatever the style: %j', (source) => {
    expect(parse(setImages(source, { web: 'a:2' }))).toEqual({
      services: { web: { image: 'a:2', tty: true } },
    });
  });

  test('several at once, with CRLF line ends kept', () => {
    const crlf = SOURCE.replaceAll('\n', '\r\n');
    const edited = setImages(crlf, { web: 'a:1', api: 'b:2' });
    expect(imagesIn(edited)).toMatchObject({ web: 'a:1', api: 'b:2' });
    expect(edited.replaceAll('\r\n', '')).not.toContain('\n');
  });

  test.each([
    ['', /no `services`/],
    ['services: []', /no `services`/],
    ['services:\n  other: {}\n', /no service `web`/],
    ['services:\n  web: text\n', /no map/],
    ['services: {web: {', /not valid YAML/],
    ['\u0000', /compose file/],
  ])('refuses %j', (source, message) => {
    expect(() => setImages(source, { web: 'a:1' })).toThrow(message);
  });

  test('whatever the reference, it is read back as that string, and twice is once', () => {
    const reference = fc.stringMatching(/^[a-z0-9]{1,8}(:[A-Za-z0-9_.-]{1,12})?$/);
    fc.assert(
      fc.property(
        reference,
        fc.constantFrom('web', 'web-admin', 'api', 'worker', 'empty', 'cron'),
        (image, name) => {
          const edited = setImages(SOURCE, { [name]: image });
          expect(imagesIn(edited)[name]).toBe(image);
          expect(setImages(edited, { [name]: image })).toBe(edited);
        },
      ),
    );
  });
});
