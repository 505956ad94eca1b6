import { expect, it } from 'vitest';
import { Stopwatch } from './stopwatch';

it('times an edit from the hand to the frame it is heard at', () => {
  const watch = new Stopwatch();
  watch.turn(7, 'master/fader_db', 48_000);
  expect(watch.place(7, 9600)).toBe(9600);
  expect(watch.played(9600, 48_000 + 4800)).toEqual({ editId: 7, path: 'master/fader_db', spliceFrame: 9600, knobToEarMs: 100 });
  expect(watch.played(9600, 60_000)).toBeNull();
});

it('times one edit at a time and only those that it saw leave', () => {
  const watch = new Stopwatch();
  watch.turn(1, 'a', 0);
  watch.turn(2, 'b', 0);
  expect([watch.place(9, 960), watch.place(1, 960), watch.place(2, 1920), watch.played(1920, 4800)]).toEqual([null, 960, null, null]);
});

it('follows a splice that is joined late', () => {
  const watch = new Stopwatch();
  watch.turn(1, 'a', 0);
  watch.place(1, 960);
  expect([watch.moveTo(480, 500), watch.moveTo(960, 1200), watch.played(960, 4800)]).toEqual([null, 1200, null]);
  expect(watch.played(1200, 9600)?.knobToEarMs).toBe(200);
});

it('forgets edits that were not heard before the music ended', () => {
  const watch = new Stopwatch();
  watch.turn(1, 'a', 0);
  watch.place(1, 960);
  watch.turn(2, 'b', 48);
  watch.reset();
  expect([watch.played(960, 4_800_000), watch.place(2, 1920)]).toEqual([null, null]);
  watch.turn(3, 'c', 4_800_000);
  expect(watch.place(3, 2880)).toBe(2880);
  expect(watch.played(2880, 4_804_800)?.knobToEarMs).toBe(100);
});
