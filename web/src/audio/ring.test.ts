/** The ring's two sides together: what the reader hears of what the writer was given. */
import { beforeEach, describe, expect, it } from 'vitest';
import { FADE_FRAMES, Reader } from './reader';
import { CAPACITY, NEVER, PAUSED, Ring, RUNNING, WAITING } from './ring';
import { GUARD, type Join, Writer } from './writer';

let ring: Ring;
let writer: Writer;
let reader: Reader;
let joins: Join[];
let heard: number[];

/** Stereo samples whose value tells their frame and their take. */
const take = (start: number, frames: number, number = 0) =>
  Float32Array.from({ length: frames * 2 }, (_, i) => (start + (i >> 1)) / 2 ** 20 + number);
const value = (frame: number, number = 0) => Math.fround(frame / 2 ** 20 + number);

function play(blocks: number, block = 128): void {
  const left = new Float32Array(block);
  const right = new Float32Array(block);
  for (let i = 0; i < blocks; i++) heard.push(...left.subarray(0, reader.read(left, right)));
}
const begin = (startsAt: number, { epoch = 1, fadeBefore = 0, fresh = false, redecoded = false } = {}) => {
  writer.begin({ epoch, startsAt, fadeBefore, fresh, redecoded });
};

beforeEach(() => {
  ring = Ring.create(true);
  joins = [];
  heard = [];
  writer = new Writer(ring, (join) => joins.push(join));
  reader = new Reader(ring);
  begin(0, { epoch: 0, fresh: true });
});

describe('a stream', () => {
  it('is heard from its first sample, untouched', () => {
    writer.write(0, take(0, 9600));
    play(70);
    expect(heard).toEqual(Array.from({ length: 8960 }, (_, i) => value(i)));
  });

  it('waits until two quanta are there', () => {
    writer.write(0, take(0, 960));
    play(3);
    expect(heard).toEqual([]);
    writer.write(960, take(960, 960));
    play(1);
    expect(heard).toHaveLength(128);
  });

  it('is the same whatever the block, around the ring', () => {
    const piece = 4800;
    for (let at = 0; at < CAPACITY + 20_000; at += piece) {
      writer.write(at, take(at, piece));
      play(Math.floor((ring.end - ring.playhead - FADE_FRAMES) / 97), 97);
    }
    expect(heard.every((sample, i) => sample === value(i))).toBe(true);
    expect(heard.length).toBeGreaterThan(CAPACITY);
  });

  it('goes beyond 32 bits of frames', () => {
    const far = 2 ** 33 + 960;
    begin(far, { epoch: 1, fresh: true });
    writer.write(far, new Float32Array(9600).fill(0.5));
    play(10);
    expect(ring.playhead).toBe(far + 1280);
    expect(heard.every((sample) => sample === 0.5)).toBe(true);
  });

  it('takes no more than the ring holds', () => {
    writer.write(0, new Float32Array((CAPACITY + 960) * 2));
    expect([ring.end, writer.overflow]).toEqual([CAPACITY, 960]);
  });
});

describe('a splice', () => {
  beforeEach(() => {
    writer.write(0, take(0, 48_000));
    play(10);
  });

  it('joins exactly in PCM, and drops what lay behind it', () => {
    const s = 1280 + 1920;
    begin(s);
    expect(ring.end).toBe(48_000);
    writer.write(s, take(s, 960, 1));
    expect(ring.end).toBe(s + 960);
    writer.write(s + 960, take(s + 960, 9600, 1));
    play(40);
    expect(heard.every((sample, frame) => sample === value(frame, frame < s ? 0 : 1))).toBe(true);
    expect(joins.at(-1)).toEqual({ epoch: 1, startsAt: s, from: s, late: 0 });
  });

  it('fades over the 240 frames before it in Opus', () => {
    const s = 4800;
    begin(s, { fadeBefore: 240 });
    writer.write(s - 312, take(s - 312, 960, 1));
    writer.write(s + 648, take(s + 648, 9600, 1));
    play(60);
    const gain = (i: number) => Math.fround(value(s - 240 + i) + (value(s - 240 + i, 1) - value(s - 240 + i)) * ((i + 0.5) / 240));
    expect(heard.slice(s - 240, s)).toEqual(Array.from({ length: 240 }, (_, i) => gain(i)));
    expect(heard[s - 241]).toBe(value(s - 241));
    expect(heard[s]).toBe(value(s, 1));
  });

  it('right behind what was sent leaves no hole in Opus, whose old decoding ends before it', () => {
    const s = 48_312;
    begin(s, { fadeBefore: 240 });
    writer.write(s - 2232, take(s - 2232, 1920, 1));
    writer.write(s - 312, take(s - 312, 9600, 1));
    play(400);
    const end = 48_000;
    expect(heard.slice(0, end - 240)).toEqual(Array.from({ length: end - 240 }, (_, i) => value(i)));
    expect(heard.slice(end, s + 960)).toEqual(Array.from({ length: s + 960 - end }, (_, i) => value(end + i, 1)));
    expect(joins.at(-1)).toEqual({ epoch: 1, startsAt: s, from: end - 240, late: 0 });
  });

  it('that comes late joins where the reader has not been, with a fade, and says so', () => {
    const s = 640;
    begin(s);
    writer.write(s, take(s, 9600, 1));
    const from = 1280 + GUARD;
    expect(joins.at(-1)).toEqual({ epoch: 1, startsAt: s, from, late: from - s });
    play(40);
    expect(heard[from - 1]).toBe(value(from - 1));
    expect(heard[from]).toBeCloseTo(value(from) + 0.5 / 240, 5);
    expect(heard[from + 240]).toBe(value(from + 240, 1));
  });

  it('that comes late waits until its fade fits', () => {
    begin(640);
    writer.write(640, take(640, 960, 1));
    expect(joins).toHaveLength(1);
    writer.write(1600, take(1600, 960, 1));
    expect(joins.at(-1)?.from).toBe(1280 + GUARD);
  });

  it('is not late when what was played instead is the same', () => {
    begin(640);
    writer.write(640, take(640, 9600));
    expect(joins.at(-1)?.late).toBe(0);
  });

  it('after a break in the line goes on where it ran dry, and is not late either', () => {
    play(400);
    begin(24_000);
    for (let at = 24_000; at < 57_600; at += 960) writer.write(at, take(at, 960));
    play(60);
    expect(joins.at(-1)).toMatchObject({ startsAt: 24_000, from: 48_000, late: 0 });
    expect(heard[48_000 + 256]).toBe(value(48_000 + 256));
  });

  it('after a break in the line is excused from the noise between two decodings', () => {
    begin(640, { redecoded: true });
    writer.write(328, take(328, 9600, 0.001));
    expect(joins.at(-1)).toMatchObject({ from: 1280 + GUARD, late: 0 });
  });

  it('replaced before any of it arrived reports the frames that were heard without it', () => {
    begin(4800, { epoch: 1 });
    begin(5760, { epoch: 2 });
    expect(joins.at(-1)).toEqual({ epoch: 1, startsAt: 4800, from: 5760, late: 960 });
  });

  it('within a running fade takes as old what would have been heard', () => {
    begin(4800, { epoch: 1, fadeBefore: 240 });
    writer.write(4560, take(4560, 9600, 1));
    begin(4800, { epoch: 2, fadeBefore: 240 });
    writer.write(4560, take(4560, 9600, 2));
    const old = value(4800 - 120) + 120.5 / 240;
    play(60);
    expect(heard[4800 - 120]).toBeCloseTo(old + (value(4800 - 120, 2) - old) * (120.5 / 240), 4);
  });
});

describe('resting', () => {
  beforeEach(() => {
    writer.write(0, take(0, 48_000));
    play(10);
  });

  it('fades 256 frames before the announced frame and after it', () => {
    writer.pause(3200, false);
    play(100);
    expect(ring.state).toBe(PAUSED);
    expect(ring.playhead).toBe(3200);
    expect(heard[3200 - FADE_FRAMES - 1]).toBe(value(3200 - FADE_FRAMES - 1));
    expect(heard[3199]).toBe(Math.fround(value(3199) * (0.5 / 256)));
    writer.resume();
    play(10);
    expect(heard[3200]).toBe(Math.fround(value(3200) * (0.5 / 256)));
    expect(heard[3200 + FADE_FRAMES]).toBe(value(3200 + FADE_FRAMES));
  });

  it('fades at once when the pause comes too late', () => {
    writer.pause(1280 - 320, false);
    play(100);
    expect(ring.playhead).toBe(1280 + FADE_FRAMES);
  });

  it('opens again when the pause is taken back in the middle of its fade', () => {
    writer.pause(1280 + 256, false);
    play(1);
    writer.resume();
    play(20);
    const steps = heard.slice(1270, 1600).map((sample, i) => sample / value(1270 + i));
    expect(Math.max(...steps.map((gain, i) => Math.abs(gain - (steps[i - 1] ?? gain))))).toBeLessThan(1.01 / 256);
    expect(steps.at(-1)).toBeCloseTo(1, 6);
  });

  it('takes an edit made while paused exactly there, before it goes on', () => {
    writer.pause(3200, false);
    play(100);
    begin(3200, { fadeBefore: 240 });
    expect(ring.end).toBe(3200);
    writer.resume();
    play(5);
    expect(heard).toHaveLength(3200);
    writer.write(3200 - 240, take(3200 - 240, 9600, 1));
    play(10);
    expect(joins.at(-1)).toMatchObject({ from: 3200, late: 0 });
    expect(heard[3200 + 256]).toBe(value(3200 + 256, 1));
  });

  it('after a stop starts elsewhere without a fade and without what lay there', () => {
    writer.pause(3200, true);
    play(100);
    writer.resume();
    play(5);
    begin(3232, { fresh: true });
    writer.write(3232, take(3232, 9600, 1));
    play(10);
    expect(heard.slice(3200)).toEqual(Array.from({ length: 1280 }, (_, i) => value(3232 + i, 1)));
  });
});

describe('a start', () => {
  it('of another stream, while one plays, fades out and begins there with its first sample', () => {
    writer.write(0, take(0, 48_000));
    play(10);
    begin(0, { epoch: 1, fresh: true });
    expect(ring.playhead).toBe(0);
    play(3);
    writer.write(0, take(0, 9600, 1));
    play(20);
    expect(heard[1280]).toBe(Math.fround(value(1280, 0) * (255.5 / 256)));
    expect(heard.slice(1280 + 256, 1280 + 256 + 1280)).toEqual(Array.from({ length: 1280 }, (_, i) => value(i, 1)));
    expect(joins.at(-1)).toMatchObject({ from: 0, late: 0 });
  });

  it('at the same frame as the one before is a start all the same', () => {
    writer.write(0, take(0, 2400));
    play(40);
    begin(0, { epoch: 1, fresh: true });
    writer.write(0, take(0, 9600, 1));
    play(2);
    expect(heard.slice(2400)).toEqual(Array.from({ length: 256 }, (_, i) => value(i, 1)));
  });
});

describe('running dry', () => {
  it('fades out, stops the playhead, and fades in when there is enough again', () => {
    writer.write(0, take(0, 2400));
    play(40);
    expect([ring.state, ring.playhead, ring.underruns]).toEqual([WAITING, 2400, 1]);
    expect(heard[2399]).toBe(Math.fround(value(2399) * (0.5 / 256)));
    writer.write(2400, take(2400, 960));
    play(1);
    expect(ring.playhead).toBe(2400);
    writer.write(3360, take(3360, 9600));
    play(10);
    expect(heard[2400]).toBe(Math.fround(value(2400) * (0.5 / 256)));
    expect([ring.state, heard[2400 + 256]]).toEqual([RUNNING, value(2400 + 256)]);
  });

  it('is not what happens at the end of the song', () => {
    writer.write(0, take(0, 2400));
    writer.finish(2300);
    play(40);
    expect([ring.playhead, ring.underruns, heard.length]).toEqual([2300, 0, 2300]);
    expect(heard.at(-1)).toBe(value(2299));
  });

  it('plays a song that is shorter than what it waits for', () => {
    writer.finish(500);
    writer.write(0, take(0, 960));
    play(10);
    expect(heard).toEqual(Array.from({ length: 500 }, (_, i) => value(i)));
  });

  it('joins a splice at the frame where it rests', () => {
    writer.write(0, take(0, 2400));
    play(40);
    begin(2000);
    writer.write(2000, take(2000, 9600, 1));
    expect(joins.at(-1)).toMatchObject({ from: 2400, late: 400 });
    expect(ring.stopAt).toBe(NEVER);
  });
});
