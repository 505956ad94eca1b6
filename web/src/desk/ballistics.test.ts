import { expect, it } from 'vitest';
import { Body, deflection, FLOOR, Needle } from './ballistics';

it('rises at once and falls 20 dB in 1.5 s', () => {
  const needle = new Needle();
  needle.step(0, 0.016);
  expect(needle.level).toBe(0);
  for (let i = 0; i < 150; i++) needle.step(-120, 0.01);
  expect(needle.level).toBeCloseTo(-20, 0);
});

it('holds a peak for two seconds', () => {
  const needle = new Needle();
  needle.step(-3, 0.01);
  for (let i = 0; i < 199; i++) needle.step(-120, 0.01);
  expect(needle.hold).toBe(-3);
  for (let i = 0; i < 100; i++) needle.step(-120, 0.01);
  expect(needle.hold).toBeLessThan(-3);
});

it('comes to rest', () => {
  const needle = new Needle();
  needle.step(0, 0.01);
  for (let i = 0; i < 1000; i++) needle.step(-120, 0.01);
  expect(needle.resting).toBe(true);
});

it('lets the body follow in a tenth of a second', () => {
  const body = new Body();
  for (let i = 0; i < 10; i++) body.step(-12, 0.01);
  expect(body.level).toBeCloseTo(FLOOR + (FLOOR + 12) * -(1 - Math.exp(-1)), 6);
});

it('follows IEC 60268-18 at its knees', () => {
  expect([-90, -70, -60, -50, -40, -30, -20, 0, 6].map(deflection)).toEqual([0, 0, 0.025, 0.075, 0.15, 0.3, 0.5, 1, 1].map((n) => expect.closeTo(n, 9)));
});
