import { beforeEach, expect, it } from 'vitest';
import type { ScopeRow } from '../wire/messages';
import { Scopes } from './scopes';

const row = (frame: number, db: number): ScopeRow => [frame, [db], [[db / 100, 0]]];
let scopes: Scopes;

beforeEach(() => {
  scopes = new Scopes();
  scopes.add({ type: 'scope', rows: [row(960, -10), row(1920, -20), row(2880, -30)] });
});

it('shows the latest row that is heard', () => {
  scopes.advance(2000, true);
  expect([scopes.bands, scopes.points]).toEqual([[-20], [[-0.2, 0]]]);
  scopes.advance(2500, true);
  expect(scopes.bands).toEqual([-20]);
  scopes.advance(2880, true);
  expect(scopes.bands).toEqual([-30]);
});

it('forgets what an epoch made void, but not what ends where it begins', () => {
  scopes.void(1920);
  scopes.advance(9999, true);
  expect(scopes.bands).toEqual([-20]);
});

it('shows nothing while nothing moves', () => {
  scopes.advance(960, true);
  scopes.advance(960, false);
  expect([scopes.bands, scopes.points]).toEqual([[], []]);
});
