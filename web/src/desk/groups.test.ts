import { expect, it } from 'vitest';
import { membersOf, nextGroup } from './groups';
import type { Group, Mix } from './mix';

const group = (id: string, lane: number): Group => ({ id, lane, name: id, colour: 0, params: {} });

it('takes the lowest free lane, and an id of its own', () => {
  const made = nextGroup([group('a', 0), group('c', 2)]);
  expect([made?.lane, made?.name]).toEqual([1, 'Group 2']);
  expect(made?.id).toMatch(/^g-[a-z0-9]{1,8}$/);
});

it('makes no fifth', () => {
  expect(nextGroup([0, 1, 2, 3].map((lane) => group(String(lane), lane)))).toBeNull();
});

it('knows who plays through it', () => {
  const mix = { tracks: [{ id: 'a', group: 'g' }, { id: 'b', group: null }] } as unknown as Mix;
  expect(membersOf(mix, group('g', 0)).map((track) => track.id)).toEqual(['a']);
});
