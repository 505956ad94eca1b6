import { expect, it } from 'vitest';
import { type Band, compressedDb, cutOf, gainDbAt } from './response';

const band = (fields: Partial<Band>): Band => ({ shape: 'bell', frequency: 1000, gainDb: 6, q: 0.71, ...fields });

it('lifts a bell by its gain at its frequency and nothing far away', () => {
  expect(gainDbAt([band({})], 1000)).toBeCloseTo(6, 6);
  expect(gainDbAt([band({ q: 8 })], 60)).toBeCloseTo(0, 1);
});

it('lifts shelves by their gain at their ends and half of it at their frequency', () => {
  expect(gainDbAt([band({ shape: 'low_shelf', q: Math.SQRT1_2 })], 10)).toBeCloseTo(6, 2);
  expect(gainDbAt([band({ shape: 'low_shelf', q: Math.SQRT1_2 })], 1000)).toBeCloseTo(3, 6);
  expect(gainDbAt([band({ shape: 'high_shelf', q: Math.SQRT1_2 })], 20_000)).toBeCloseTo(6, 1);
  expect(gainDbAt([band({ shape: 'high_shelf', q: Math.SQRT1_2 })], 20)).toBeCloseTo(0, 2);
});

it('takes out all of a notch at its frequency, whatever its gain, and nothing far away', () => {
  const bands = [band({ shape: 'notch', gainDb: 12, q: 4 })];
  expect(gainDbAt(bands, 1000)).toBeLessThan(-70);
  expect(gainDbAt(bands, 60)).toBeCloseTo(0, 1);
  expect(gainDbAt(bands, 15_000)).toBeCloseTo(0, 1);
});

it.each([12, 24])('cuts 3 dB at a corner and %d dB more with every octave beyond', (slope) => {
  const low = cutOf('high_pass', 100, slope);
  expect(gainDbAt(low, 100)).toBeCloseTo(-3.01, 2);
  expect(gainDbAt(low, 12.5) - gainDbAt(low, 25)).toBeCloseTo(-slope, 0);
  expect(gainDbAt(low, 5000)).toBeCloseTo(0, 3);
  const high = cutOf('low_pass', 500, slope);
  expect(gainDbAt(high, 500)).toBeCloseTo(-3.01, 2);
  expect(gainDbAt(high, 4000) - gainDbAt(high, 2000)).toBeCloseTo(-slope, -0.5);
  expect(gainDbAt(high, 20)).toBeCloseTo(0, 3);
});

it('turns down by the ratio above the threshold, and meets the knee without a step', () => {
  expect(compressedDb(-40, -18, 4, 6, 0)).toBe(-40);
  expect(compressedDb(2, -18, 4, 6, 3)).toBeCloseTo(-10, 9);
  expect(compressedDb(-21, -18, 4, 6, 0)).toBeCloseTo(-21, 9);
  expect(compressedDb(-15, -18, 4, 6, 0)).toBeCloseTo(-17.25, 9);
});
