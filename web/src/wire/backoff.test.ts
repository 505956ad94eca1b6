import { expect, it } from 'vitest';
import { backoffMs } from './backoff';

it('doubles and stays within ten seconds', () => {
  expect([0, 1, 2, 3].map((attempt) => backoffMs(attempt, () => 1))).toEqual([250, 500, 1000, 2000]);
  expect(backoffMs(50, () => 1)).toBe(10_000);
});

it('leaves half of the wait to chance', () => expect(backoffMs(2, () => 0)).toBe(500));

it('never comes back before the server wants it', () => expect(backoffMs(0, () => 0, 30)).toBe(30_000));
