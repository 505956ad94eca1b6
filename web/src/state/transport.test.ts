import { expect, it } from 'vitest';
import type { Segment, State } from '../wire/messages';
import { Transport } from './transport.svelte';

const segment = (epoch: number, starts_at: number, position: number): Segment => ({ type: 'segment', epoch, starts_at, position, loop: null });
const playing: State = { type: 'state', transport: 'playing', frame: 0, position: 0, epoch: 0, loop: null, revision: 'r', server_us: 0 };

it('follows loop passes that were announced ahead', () => {
  const transport = new Transport();
  transport.state(playing);
  for (const [at, position] of [[0, 0], [4800, 960], [8640, 960]] as const) transport.segment(segment(1, at, position));
  expect([100, 4799, 4800, 8639, 8640].map((frame) => transport.positionAt(frame))).toEqual([100, 4799, 960, 4799, 960]);
});

it('lets a newer epoch void what was said of later frames', () => {
  const transport = new Transport();
  transport.state(playing);
  transport.segment(segment(1, 0, 0));
  transport.segment(segment(1, 9600, 0));
  transport.segment(segment(2, 4800, 48_000));
  expect([4799, 4800, 9600].map((frame) => transport.positionAt(frame))).toEqual([4799, 48_000, 52_800]);
});

it('stands at the stated position while stopped', () => {
  const transport = new Transport();
  transport.segment(segment(1, 0, 500));
  transport.state({ ...playing, transport: 'stopped', position: 42 });
  expect(transport.positionAt(1000)).toBe(42);
});

it('knows where to go on after many segments', () => {
  const transport = new Transport();
  transport.state(playing);
  for (let i = 0; i < 100; i++) transport.segment(segment(1, i * 960, i % 2));
  expect(transport.positionAt(98 * 960 + 5)).toBe(5);
  expect(transport.positionAt(99 * 960 + 5)).toBe(6);
});
