import { afterEach, beforeEach, expect, it, vi } from 'vitest';
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
  line.state = { state: 'busy', retryS: 30, why: 'The server is full.' };
  expect(line.said).toMatchObject({ word: 'Server busy', more: 'The server is full. Trying again in 30 s.' });
  line.state = { state: 'connecting', attempt: 1 };
  expect(vi.getTimerCount()).toBe(0);
  expect(line.said.more).toBe('');
});
