/** The reader in a room: it waits until it is time, skips what the others have heard, and is tuned without a click. */
import { beforeEach, describe, expect, it } from 'vitest';
import { FADE_FRAMES, PREBUFFER, Reader } from './reader';
import { HOLD, PAUSED, Ring, RUNNING, WAITING } from './ring';

const BLOCK = 128;
const THERE = 120_000;
/** A ramp tells frames apart and shows every step. */
const value = (frame: number): number => frame / 65_536;

let ring: Ring;
let reader: Reader;
let contextFrame: number;

beforeEach(() => {
  ring = Ring.create(false);
  reader = new Reader(ring);
  contextFrame = 0;
  for (let frame = 0; frame < THERE; frame++) ring.samples.fill(value(frame), 2 * frame, 2 * frame + 2);
  ring.end = THERE;
});

/** Read blocks; what came out, with the frames that were the stream's. */
function read(blocks = 1): { out: number[]; frames: number } {
  const out: number[] = [];
  let frames = 0;
  for (let i = 0; i < blocks; i++) {
    const left = new Float32Array(BLOCK).fill(9);
    frames += reader.read(left, new Float32Array(BLOCK), contextFrame);
    contextFrame += BLOCK;
    out.push(...left);
  }
  return { out, frames };
}

const steepest = (out: number[]): number => out.slice(1).reduce((most, sample, i) => Math.max(most, Math.abs(sample - out[i]!)), 0);

describe('alone', () => {
  it('reads on, whatever the context counts', () => {
    contextFrame = 7_000;
    expect(read(2).out).toEqual(Array.from({ length: 2 * BLOCK }, (_, i) => value(i)));
    expect(reader.faded).toBe(false);
    expect(ring.drift).toBe(-7_000);
  });
});

describe('in a room', () => {
  it('begins in the middle of a block, at the frame that is due', () => {
    ring.sync = -1_000;
    expect(read(7).frames).toBe(0);
    const { out, frames } = read();
    expect(frames).toBe(1_024 - 1_000);
    expect(reader.silent).toBe(1_000 - 896);
    expect(out).toEqual([...Array<number>(104).fill(0), ...Array.from({ length: 24 }, (_, i) => value(i))]);
    expect(read().out).toEqual(Array.from({ length: BLOCK }, (_, i) => value(i + 24)));
    expect(reader.faded).toBe(false);
    expect(ring.drift).toBe(-1_000);
  });

  it('skips what the others have heard, with a fade', () => {
    ring.sync = 5_000;
    const { out } = read(3);
    expect(ring.playhead).toBe(5_000 + 3 * BLOCK);
    expect(out[0]).toBeCloseTo(value(5_000) * 0.5 / FADE_FRAMES, 6);
    expect(out.at(-1)).toBe(value(5_000 + 3 * BLOCK - 1));
  });

  it('waits where nothing has come yet, and goes on where the others are', () => {
    ring.sync = THERE + 500;
    expect(read(4).frames).toBe(0);
    expect([ring.playhead, ring.state, ring.underruns]).toEqual([THERE, WAITING, 0]);
    ring.end = THERE + 500 + 4 * BLOCK + PREBUFFER;
    expect(read().frames).toBe(BLOCK);
    expect(ring.playhead).toBe(THERE + 500 + 5 * BLOCK);
  });

  it('stays where it is while 1 ms off', () => {
    read(2);
    ring.sync = 48;
    read(400);
    expect([ring.drift, reader.faded]).toEqual([0, false]);
  });

  it.each([[150, 149], [-100, -99]])('is tuned by %i frames without a step', (sync, drift) => {
    read(2);
    ring.sync = sync;
    const { out } = read(700);
    // One frame more or less in 128 makes the ramp that much steeper, or less steep.
    expect(steepest(out)).toBeLessThan(value(1.02));
    expect(out.slice(1).every((sample, i) => sample > out[i]!)).toBe(true);
    expect(ring.drift).toBe(drift);
  });

  it('jumps ahead beyond 5 ms, fading out and in', () => {
    read(2);
    ring.sync = 10_000;
    const { out } = read(2 + 2 + 2);
    expect(Math.abs(out[2 * BLOCK - 1]!)).toBeLessThan(value(3) / FADE_FRAMES + 1e-4);
    expect(ring.drift).toBe(10_000);
    expect(out.at(-1)).toBe(value(10_000 + 8 * BLOCK - 1));
  });

  it('waits for the others when it is ahead of them, and repeats nothing', () => {
    read(10);
    ring.sync = -600;
    const { frames } = read(20);
    expect(ring.drift).toBe(-600);
    expect(frames).toBe(20 * BLOCK - 600);
  });

  it('is silent while it does not know the time', () => {
    read(2);
    ring.sync = HOLD;
    expect(read(4).frames).toBe(2 * BLOCK);
    expect(ring.state).toBe(WAITING);
    ring.sync = 100;
    read();
    expect([ring.state, ring.playhead]).toEqual([RUNNING, 100 + 7 * BLOCK]);
  });

  it('rests where all rest, and goes on with them', () => {
    ring.sync = 0;
    ring.stopAt = 1_000;
    read(20);
    expect([ring.state, ring.playhead]).toEqual([PAUSED, 1_000]);
    ring.sync = 1_000 - 24 * BLOCK;
    ring.stopAt = 2 ** 52;
    read(4);
    expect(ring.state).toBe(WAITING);
    const { frames } = read();
    expect(frames).toBe(BLOCK);
    expect(ring.drift).toBe(1_000 - 24 * BLOCK);
  });
});
