import { expect, it } from 'vitest';
import { BYPASS, DESK } from '../desk/compare';
import { forget, recall, remember, type Sides } from './sides';

function store(text: string | null = null) {
  return { getItem: () => text, setItem: (_: string, value: string) => { text = value; }, removeItem: () => { text = null; } };
}
const sides: Sides = { project: 'p', sides: { A: DESK, B: BYPASS }, heard: 'B', home: 'r1', standing: 'r2' };

it('remembers the comparison of a song until it is forgotten, and of no other song', () => {
  const place = store();
  remember(place, sides);
  expect(recall(place, 'p')).toEqual(sides);
  expect(recall(place, 'q')).toBeNull();
  forget(place);
  expect(recall(place, 'p')).toBeNull();
});

it('takes nothing that makes no sense', () => {
  for (const text of ['{nonsense', 'null', '3', '{"project":"p"}', '{"project":"p","sides":{},"heard":"C","home":"r","standing":"r"}']) expect(recall(store(text), 'p')).toBeNull();
});
