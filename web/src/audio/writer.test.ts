import { expect, it } from 'vitest';
import { CAPACITY, Ring, RUNNING } from './ring';
import { GUARD, Writer } from './writer';

const FADE = 240;
const level = (value: number, frames: number) => new Float32Array(frames * 2).fill(value);

it.each([1, 100, 239])('fades a late splice over the pieces it comes in, the first of which ends in the fade at %i', (inside) => {
  const ring = Ring.create(false);
  const writer = new Writer(ring, () => undefined);
  writer.write(0, level(1, 48_000));
  ring.playhead = 1280;
  ring.state = RUNNING;
  const from = 1280 + GUARD;
  writer.begin({ epoch: 1, startsAt: 640, fadeBefore: 0, fresh: false, redecoded: false });
  writer.write(640, level(2, from + inside - 640));
  writer.write(from + inside, level(2, 9600));
  const faded = Array.from({ length: FADE }, (_, i) => Math.fround(1 + (i + 0.5) / FADE));
  expect(Array.from({ length: FADE }, (_, i) => ring.samples[(from + i) * 2])).toEqual(faded);
  expect(ring.samples[(from - 1) * 2]).toBe(1);
  expect(ring.samples[(from + FADE) * 2]).toBe(2);
});

it('starts again where a room is, when the reader slept for longer than the ring lasts', () => {
  const ring = Ring.create(false);
  const writer = new Writer(ring, () => undefined);
  writer.write(0, level(1, 48_000));
  ring.playhead = 960;
  ring.state = RUNNING;
  const far = 960 + CAPACITY + 4800;
  writer.begin({ epoch: 2, startsAt: far, fadeBefore: 0, fresh: false, redecoded: false });
  writer.write(far, level(2, 9600));
  expect([ring.startPending, ring.playhead, ring.end, writer.overflow]).toEqual([true, far, far + 9600, 0]);
  expect(ring.samples[(far % CAPACITY) * 2]).toBe(2);
});
