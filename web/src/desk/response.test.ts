import { expect, it } from 'vitest';
import { type Band, compressedDb, gainDbAt } from './response';

const band = (fields: Partial<Band>): Band => ({ shape: 'bell', frequency: 1000, gainDb: 6, q: 0.71, ...fields });

it('lifts a bell by its gain at its frequency and nothing far away', () => {
  expect(gainDbAt([band({})], 1000)).toBeCloseTo(6, 6);
  expect(gainDbAt([band({ q: 8 })], 60)).toBeCloseTo(0, 1);
});

it('lifts shelves by their gain at their ends and half of it at their frequency', () => {
  expect(gainDbAt([band({ shape: 'lowShelf', q: Math.SQRT1_2 })], 10)).toBeCloseTo(6, 2);
  expect(gainDbAt([band({ shape: 'lowShelf', q: Math.SQRT1_2 })], 1000)).toBeCloseTo(3, 6);
  expect(gainDbAt([band({ shape: 'highShelf', q: Math.SQRT1_2 })], 20_000)).toBeCloseTo(6, 1);
  expect(gainDbAt([band({ shape: 'highShelf', q: Math.SQRT1_2 })], 20)).toBeCloseTo(0, 2);
});

it('cuts 3 dB at a high-pass and 12 dB more an octave below', () => {
  const bands = [band({ shape: 'highPass', frequency: 100, q: Math.SQRT1_2 })];
  expect(gainDbAt(bands, 100)).toBeCloseTo(-3.01, 2);
  expect(gainDbAt(bands, 12.5) - gainDbAt(bands, 25)).toBeCloseTo(-12, 0);
});

it('turns down by the ratio above the threshold, and meets the knee without a step', () => {
  expect(compressedDb(-40, -18, 4, 6, 0)).toBe(-40);
  expect(compressedDb(2, -18, 4, 6, 3)).toBeCloseTo(-10, 9);
  expect(compressedDb(-21, -18, 4, 6, 0)).toBeCloseTo(-21, 9);
  expect(compressedDb(-15, -18, 4, 6, 0)).toBeCloseTo(-17.25, 9);
});
