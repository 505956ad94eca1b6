import { beforeEach, expect, it } from 'vitest';
import type { Epoch, State } from '../wire/messages';
import type { Media } from '../wire/packets';
import type { Decoder } from './decoder';
import { Receiver, type Sink } from './receiver';

const epoch = (number: number, starts_at: number, reason: Epoch['reason'] = 'edit'): Epoch =>
  ({ type: 'epoch', epoch: number, starts_at, fade_before: 240, reason });
const media = (number: number, start: number, flags = 0): Media =>
  ({ kind: 1, codec: 3, flags, epoch: number, start, frames: 960, serverMs: 0, payload: new Uint8Array(4) });
const state = (transport: State['transport'], frame: number): State =>
  ({ type: 'state', transport, frame, position: 0, epoch: 1, loop: null, revision: 'r', server_us: 0 });

/** Writes down what reaches the ring; its decoder gives out what it holds only when it is told to. */
let log: string[];
let held: (() => void)[];
let receiver: Receiver;
let now: number;
let release: () => void;

const sink: Sink = {
  begin: ({ epoch: number, startsAt, fresh }) => log.push(`begin ${String(number)} at ${String(startsAt)}${fresh ? ' fresh' : ''}`),
  write: (start) => log.push(`write ${String(start)}`),
  finish: (at) => log.push(`finish ${String(at)}`),
  pause: (at, dead) => log.push(`${dead ? 'stop' : 'pause'} ${String(at)}`),
  resume: () => log.push('resume'),
  sync: (frame) => log.push(`sync ${String(frame)}`),
};

beforeEach(() => {
  log = [];
  held = [];
  now = 0;
  receiver = new Receiver(sink, () => now, () => undefined, (_codec, output): Decoder => ({
    decode: ({ start }) => held.push(() => { output(start, new Float32Array(2)); }),
    drain: () => held.length === 0 ? null : new Promise((resolve) => {
      release = () => {
        for (const give of held.splice(0)) give();
        resolve();
      };
    }),
    reset: () => { held = []; },
    close: () => undefined,
  }));
  receiver.welcome('opus');
  receiver.message(epoch(1, 0, 'start'));
});

it('keeps an epoch waiting until all of the one before is decoded', async () => {
  receiver.media(media(1, 0));
  receiver.message(epoch(2, 960));
  receiver.media(media(2, 960));
  receiver.message(state('paused', 4800));
  expect(log).toEqual(['begin 1 at 0 fresh']);
  release();
  await Promise.resolve();
  await Promise.resolve();
  await Promise.resolve();
  expect(log).toEqual(['begin 1 at 0 fresh', 'write 0', 'begin 2 at 960', 'pause 4800']);
});

it('drops media of an epoch that is over', () => {
  receiver.message(epoch(2, 960));
  receiver.media(media(1, 960));
  expect([held.length, receiver.strays]).toEqual([0, 1]);
});

it('knows the end of the song by the flag of its last message', () => {
  receiver.media(media(1, 0, 1));
  expect(log.at(-1)).toBe('finish 960');
});

it('rests at a pause and at a stop, and goes on', () => {
  receiver.message(state('stopped', 960));
  receiver.message(state('playing', 960));
  receiver.message(state('ended', 1920));
  expect(log.slice(1)).toEqual(['stop 960', 'resume']);
});

it('measures from the last of several edits to the splice that answers them, once', () => {
  for (const [id, at] of [[1, 0], [2, 10]] as const) {
    now = at;
    receiver.sent({ type: 'set', path: 'x', value: 1, gesture: 'g', edit_id: id });
    receiver.message({ type: 'edit', edit_id: id, path: 'x', value: 1, by: 'me', splice_frame: 960 });
  }
  now = 25;
  const join = { epoch: 2, startsAt: 960, from: 960, late: 0 };
  expect([receiver.readyMs(join), receiver.readyMs(join)]).toEqual([15, undefined]);
});
