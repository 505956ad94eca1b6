import { beforeEach, expect, it } from 'vitest';
import { Levels, SILENT } from './levels';

/** Four groups: peaks and RMS; the second has the peak. */
const GROUPS = (peak: number) => [-40, -41, -50, peak, peak - 1, -20, -120, -120, -120, -120, -120, -120];
/** Two lanes: peaks, RMS and reduction of both, then the buses. */
const row = (frame: number, peak: number): [number, number[]] => [frame, [peak, -50, peak, -50, peak - 10, -60, -3, 0, -30, -30, peak, peak, -20, -21, -1, ...GROUPS(peak)]];
const NAMES = [
  'reverb/peak_l', 'reverb/peak_r', 'master/peak_l', 'master/peak_r', 'master/rms_l', 'master/rms_r', 'master/gain_reduction_db',
  ...[1, 2, 3, 4].flatMap((group) => ['peak_l', 'peak_r', 'rms'].map((name) => `group/${String(group)}/${name}`)),
];
let levels: Levels;

beforeEach(() => {
  levels = new Levels();
  levels.clear(NAMES);
  levels.add({ type: 'meters', tracks: 2, rows: [row(960, -6), row(1920, -12), row(2880, 0)] });
});

it('waits for the frame to be heard, and shows the highest peak since the last look', () => {
  levels.advance(2000, true);
  expect(levels.track(0)).toEqual({ left: -6, right: -6, rms: -22, reductionDb: 3 });
  expect(levels.master).toEqual({ left: -6, right: -6, rms: -20, rmsRight: -21, reductionDb: 1 });
  expect([levels.group(0), levels.group(1)]).toEqual([
    { left: -40, right: -41, rms: -50, reductionDb: 0 }, { left: -6, right: -7, rms: -20, reductionDb: 0 },
  ]);
  levels.advance(2880, true);
  expect(levels.track(0).left).toBe(0);
});

it('reads each row as wide as the engine was then', () => {
  const wide = [-6, -7, -8, -9, -6, -7, -8, -9, -16, -17, -18, -19, 0, 0, -4, 0, -30, -30, -1, -2, -20, -21, -1, ...GROUPS(-3)];
  levels.add({ type: 'meters', tracks: 4, rows: [[3840, wide]] });
  levels.advance(2000, true);
  expect(levels.track(3).left).toBe(SILENT);
  levels.advance(3840, true);
  expect(levels.track(2)).toEqual({ left: -8, right: -8, rms: -18, reductionDb: 4 });
  expect(levels.master).toEqual({ left: -1, right: -2, rms: -20, rmsRight: -21, reductionDb: 1 });
  expect(levels.group(1).left).toBe(-3);
});

it('reads loudness by the names that the server gives the columns', () => {
  expect(levels.loudness).toBeNull();
  levels.clear(['delay/peak_l', 'master/integrated', 'master/correlation', 'master/range_lu']);
  levels.add({ type: 'meters', tracks: 1, rows: [[960, [-1, -1, -1, 0, -33, -14.2, 0.31, 4.5]], [1920, [-2, -2, -2, 0, -35, -14.5, 0.2, 4.6]]] });
  levels.advance(1920, true);
  expect(levels.loudness).toEqual({ momentary: SILENT, shortTerm: SILENT, integrated: -14.5, rangeLu: 4.6, maxTruePeak: SILENT, correlation: 0.2 });
});

it('hands scopes on, and asks for them only while they are shown', () => {
  expect(levels.subscription).toEqual({ type: 'subscribe', meters: 30, scope: 0 });
  levels.scopesShown++;
  expect(levels.subscription).toEqual({ type: 'subscribe', meters: 30, scope: 20 });
  levels.add({ type: 'scope', rows: [[960, [-20], []], [4800, [-30], []]] });
  levels.void(2000);
  levels.advance(9999, true);
  expect(levels.scopes.bands).toEqual([-20]);
  levels.clear();
  expect(levels.scopes.bands).toEqual([]);
});

it('forgets what an epoch made void', () => {
  levels.void(2880);
  levels.advance(9999, true);
  expect(levels.track(0).left).toBe(-6);
});

it('is silent for lanes it does not know and while nothing moves', () => {
  levels.advance(960, true);
  expect(levels.track(7).left).toBe(SILENT);
  levels.advance(960, false);
  expect(levels.effect('reverb').left).toBe(SILENT);
});
