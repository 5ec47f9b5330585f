import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { noSuchName } from '../../../lab/names.ts';

const header = (id: number, flags = 0x0100, questions = 1) => {
  const bytes = Buffer.alloc(12);
  bytes.writeUInt16BE(id, 0);
  bytes.writeUInt16BE(flags, 2);
  bytes.writeUInt16BE(questions, 4);
  return bytes;
};
const question = (labels: readonly string[]) =>
  Buffer.concat([
    ...labels.flatMap((label) => [Buffer.from([label.length]), Buffer.from(label)]),
    Buffer.from([0, 0, 1, 0, 1]),
  ]);
const labels = fc.array(fc.stringMatching(/^[a-z0-9-]{1,63}$/), { maxLength: 4 });

test('every whole question is answered with its own id and question, and "no such name"', () => {
  fc.assert(
    fc.property(fc.nat(0xffff), labels, fc.uint8Array({ maxLength: 40 }), (id, name, additional) => {
      const answer = noSuchName(Buffer.concat([header(id), question(name), additional]));
      expect(answer?.readUInt16BE(0)).toBe(id);
      expect((answer?.readUInt16BE(2) ?? 0) & 0xf).toBe(3);
      expect(answer?.subarray(12)).toEqual(question(name));
    }),
  );
});

test('an answer, a question cut off and noise are not answered', () => {
  expect(noSuchName(Buffer.concat([header(1, 0x8180), question(['a'])]))).toBeUndefined();
  expect(noSuchName(Buffer.concat([header(1, 0x0100, 0), question(['a'])]))).toBeUndefined();
  fc.assert(
    fc.property(labels, fc.nat(300), (name, length) => {
      const whole = Buffer.concat([header(1), question(name)]);
      fc.pre(length < whole.length);
      expect(noSuchName(whole.subarray(0, length))).toBeUndefined();
    }),
  );
  fc.assert(fc.property(fc.uint8Array({ maxLength: 80 }), (noise) => void noSuchName(Buffer.from(noise))));
});
