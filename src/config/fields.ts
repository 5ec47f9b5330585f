import * as z from 'zod';

/** The kinds of values that several parts of the configuration share. */

export const seconds = (fallback: number, description: string) =>
  z.number().positive().max(86_400).default(fallback).describe(`${description}, in seconds`);

/** A size as people write it; the value is bytes. */
const SIZE = /^(\d+(?:\.\d+)?)\s*(B|KB|MB|GB|TB)?$/i;
const UNITS: Record<string, number> = { B: 1, KB: 1e3, MB: 1e6, GB: 1e9, TB: 1e12 };
export const size = (fallback: string, description: string) =>
  z
    .union([z.string().regex(SIZE, 'a size such as 2GB or 500MB'), z.number().nonnegative()])
    .default(fallback)
    .describe(description);

/** Bytes of a size that the schema accepted. */
export function bytesOf(value: string | number): number {
  if (typeof value === 'number') return value;
  const [, amount = '0', unit = 'B'] = SIZE.exec(value.trim()) ?? [];
  return Math.round(Number(amount) * (UNITS[unit.toUpperCase()] ?? 1));
}

/** What Docker takes as one component of an image name, and short enough for every label and file made of it. */
export const ServiceName = z
  .string()
  .max(63)
  .regex(
    /^[a-z0-9]+(?:(?:_|__|-+)[a-z0-9]+)*$/,
    'lower-case letters and digits, joined by "-" or "_", as in an image name',
  );

export const httpUrl = () =>
  z.url({
    protocol: /^https?$/,
    error: 'a whole http or https address, such as http://localhost:3000/health',
  });
