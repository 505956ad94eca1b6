import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Problem } from '../wire/api';
import { Line } from './line.svelte';

beforeEach(() => { vi.useFakeTimers(); });
afterEach(() => { vi.useRealTimers(); });

it('counts down to the next try', () => {
  const line = new Line();
  line.state = { state: 'waiting', attempt: 3, retryMs: 2500, busy: false };
  const said = [line.said.more];
  for (const ms of [600, 1000, 1000]) {
    vi.advanceTimersByTime(ms);
    said.push(line.said.more);
  }
  expect(said.map((more) => more.replace(' Edits are kept.', ''))).toEqual([
    'Trying again in 3 s.', 'Trying again in 2 s.', 'Trying again in 1 s.', 'Trying again now.',
  ]);
});

it('counts nothing any more once it is tried', () => {
  const line = new Line();
  line.state = { state: 'busy', retryS: 30, why: 'The server is full.', place: null };
  expect(line.said).toMatchObject({ word: 'Server busy', more: 'The server is full. Trying again in 30 s.' });
  line.state = { state: 'connecting', attempt: 1 };
  expect(vi.getTimerCount()).toBe(0);
  expect(line.said.more).toBe('');
});

it('shows the place in line', () => {
  const line = new Line();
  expect(line.place).toBeNull();
  expect(line.refused(new Problem(503, 'over_capacity', 'The server is full. You are 2nd in line.', 2, 2))).toBe(2);
  expect(line.said).toEqual({ tone: 'wait', word: 'In line', more: 'The server is full. You are 2nd in line.' });
  expect(line.place).toBe(2);
  expect(line.refused(new Problem(0, 'unreachable', 'The server cannot be reached.'))).toBe(5);
  expect(line.place).toBeNull();
});
