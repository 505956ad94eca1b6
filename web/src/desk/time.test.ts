import { expect, it } from 'vitest';
import { beatAt, clock, RATE, rulerStep } from './time';

it.each([[0, '0:00.000'], [83.42 * RATE, '1:23.420'], [3600 * RATE + 47, '1:00:00.000'], [-5, '0:00.000']])('shows %d frames as %s', (frames, text) => {
  expect(clock(frames)).toBe(text);
});

it('counts bars and beats over a change of tempo', () => {
  const tempi = [{ position: 0, bpm: 120, beats: 4 }, { position: 8 * RATE, bpm: 60, beats: 3 }];
  expect(beatAt(tempi, 0)).toEqual({ bar: 1, beat: 1, bpm: 120 });
  expect(beatAt(tempi, 2.5 * RATE)).toEqual({ bar: 2, beat: 2, bpm: 120 });
  expect(beatAt(tempi, 8 * RATE)).toEqual({ bar: 5, beat: 1, bpm: 60 });
  expect(beatAt(tempi, 12 * RATE)).toEqual({ bar: 6, beat: 2, bpm: 60 });
  expect(beatAt([], 5)).toBeNull();
});

it('keeps the marks of the ruler apart', () => {
  expect(rulerStep(RATE / 100, 60) / RATE).toBe(1);
  expect(rulerStep(RATE, 60) / RATE).toBe(60);
});
