import { expect, it } from 'vitest';
import { Spectrum } from './scope';

it('rises at once and falls slowly, not below its floor', () => {
  const spectrum = new Spectrum();
  spectrum.step([-20, -90], 0.02);
  expect(spectrum.shown).toEqual([-20, -72]);
  spectrum.step([-60, -30], 0.1);
  expect(spectrum.shown).toEqual([-24, -30]);
  spectrum.step([], 0.1);
  expect(spectrum.shown).toEqual([-28, -34]);
  spectrum.step([], 60);
  expect(spectrum.shown).toEqual([-72, -72]);
});
