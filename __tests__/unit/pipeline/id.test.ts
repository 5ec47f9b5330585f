import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { isoWithOffset, pipelineId } from '../../../src/pipeline/id.ts';

const SHA = 'a1b2c3d4e5f60718293a4b5c6d7e8f9001122334';
const zone = fc.constantFrom(...Intl.supportedValuesOf('timeZone'), 'UTC');
const moment = fc
  .date({ min: new Date('1980-01-01T00:00:00Z'), max: new Date('2090-01-01T00:00:00Z'), noInvalidDate: true })
  .map((date) => new Date(date.getTime()));

describe('S1: ids and timestamps', () => {
  it('S1: the example of the original page', () => {
    const date = new Date('2026-02-06T07:00:00.999Z');
    expect(pipelineId(date, SHA, 'Asia/Seoul')).toBe('20260206-160000-a1b2c3d');
    expect(isoWithOffset(date, 'Asia/Seoul')).toBe('2026-02-06T16:00:00+09:00');
  });

  it.each([
    ['UTC', '2026-07-01T00:00:00Z', '2026-07-01T00:00:00+00:00'],
    ['Europe/Berlin', '2026-03-29T00:59:59Z', '2026-03-29T01:59:59+01:00'],
    ['Europe/Berlin', '2026-03-29T01:00:00Z', '2026-03-29T03:00:00+02:00'],
    ['Europe/Berlin', '2026-10-25T00:30:00Z', '2026-10-25T02:30:00+02:00'],
    ['Europe/Berlin', '2026-10-25T01:30:00Z', '2026-10-25T02:30:00+01:00'],
    ['America/St_Johns', '2026-01-01T00:00:00Z', '2025-12-31T20:30:00-03:30'],
    ['Asia/Kathmandu', '2026-01-01T00:00:00Z', '2026-01-01T05:45:00+05:45'],
    ['Pacific/Kiritimati', '2026-12-31T12:00:00Z', '2027-01-01T02:00:00+14:00'],
    ['Australia/Lord_Howe', '2026-01-01T00:00:00Z', '2026-01-01T11:00:00+11:00'],
    ['America/New_York', '2024-02-29T04:59:59Z', '2024-02-28T23:59:59-05:00'],
  ])('S1: %s at %s is %s (also where the clocks change)', (timezone, instant, expected) => {
    expect(isoWithOffset(new Date(instant), timezone)).toBe(expected);
  });

  it('S1: the timestamp is the same moment in every zone, to the second', () => {
    fc.assert(
      fc.property(moment, zone, (date, timezone) => {
        const text = isoWithOffset(date, timezone);
        expect(text).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d$/);
        expect(Date.parse(text)).toBe(Math.floor(date.getTime() / 1000) * 1000);
      }),
    );
  });

  it('S1: the id has the digits of the timestamp, whatever the zone', () => {
    fc.assert(
      fc.property(moment, zone, (date, timezone) => {
        const digits = isoWithOffset(date, timezone).slice(0, 19).replace(/[-:]/g, '').replace('T', '-');
        expect(pipelineId(date, SHA, timezone)).toBe(`${digits}-a1b2c3d`);
      }),
    );
  });

  it('S1: an id of a SHA-256 repository is as short', () => {
    expect(pipelineId(new Date(0), 'F'.repeat(64), 'UTC')).toBe('19700101-000000-fffffff');
  });

  it.each(['', 'abc', 'main', '../../etc', `${SHA}\n`])('S1: %j is no commit', (sha) => {
    expect(() => pipelineId(new Date(0), sha, 'UTC')).toThrow(
      expect.objectContaining({ code: 'INPUT_INVALID' }),
    );
  });

  it.each(['', 'Mars/Olympus', 'Asia/Seoul\n'])('S1: %j is no time zone', (timezone) => {
    expect(() => isoWithOffset(new Date(0), timezone)).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.stringContaining('project.timezone'),
      }),
    );
  });
});
