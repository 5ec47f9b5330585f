import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { minimatch } from 'minimatch';
import { compilePatterns } from '../../../src/analyze/patterns.ts';

// Looking patterns up must find what trying them one by one finds.

const segment = fc.constantFrom(
  'a',
  'b',
  'src',
  'x.ts',
  'x.test.ts',
  '.env',
  'Dockerfile.web',
  'b.d.ts',
  'new\nline',
);
const path = fc.array(segment, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));
const piece = fc.constantFrom(
  'a',
  'b',
  'src',
  '*',
  '**',
  '*.ts',
  '*.test.*',
  'Dockerfile*',
  '.env',
  '{a,b}',
  'x.*',
  '[ab]',
  '*.d.*',
  '@(a|src)',
);
const pattern = fc.array(piece, { minLength: 1, maxLength: 4 }).map((parts) => parts.join('/'));

test('a list matches what its first matching pattern matches by minimatch (2,000 lists)', () => {
  fc.assert(
    fc.property(fc.array(pattern, { minLength: 1, maxLength: 6 }), path, (patterns, candidate) => {
      const expected = patterns.find(
        (one) =>
          minimatch(candidate, one, { dot: true, nocomment: true, nonegate: true }) ||
          (one.endsWith('/**') &&
            minimatch(candidate, one.slice(0, -3), { dot: true, nocomment: true, nonegate: true })),
      );
      expect(compilePatterns(patterns, 'here').match(candidate)).toBe(expected);
    }),
    { numRuns: 2000 },
  );
});
