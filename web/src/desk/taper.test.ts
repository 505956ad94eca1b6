import { describe, expect, it } from 'vitest';
import { positionOf, valueAt } from './taper';

const toDb = (position: number) => valueAt('fader', -90, 10, position);
const toPosition = (db: number) => positionOf('fader', -90, 10, db);

describe('the fader law', () => {
  it('puts unity at three quarters of the travel', () => { expect(toDb(0.75)).toBe(0); });
  it('has its lowest value at the bottom', () => { expect(toDb(0)).toBe(-90); });
  it.each([10, 3.5, 0, -6, -10, -24, -30, -47.5, -60, -89])('comes back from %s dB', (db) => { expect(toDb(toPosition(db))).toBeCloseTo(db, 9); });
  it('never falls as the position rises', () => {
    const law = Array.from({ length: 1001 }, (_, i) => toDb(i / 1000));
    expect(law.every((db, i) => i === 0 || db > law[i - 1]!)).toBe(true);
  });
});

it('gives octaves equal travel', () => {
  const at = (hz: number) => positionOf('log', 20, 20_000, hz);
  expect(at(80) - at(40)).toBeCloseTo(at(8000) - at(4000), 12);
  expect(valueAt('log', 20, 20_000, at(440))).toBeCloseTo(440, 9);
});

it('stays within its range', () => {
  expect([valueAt('linear', -18, 18, 2), valueAt('linear', -18, 18, -1), positionOf('linear', -18, 18, 99)]).toEqual([18, -18, 1]);
});
