import { expect, it } from 'vitest';
import { USUAL } from '../desk/delivery';
import { recalled, remember } from './wish';

function store(text: string | null = null) {
  return { getItem: () => text, setItem: (_: string, value: string) => { text = value; } };
}

it('remembers format and tags, not what was rendered', () => {
  const place = store();
  remember(place, { ...USUAL, what: 'stems', format: 'opus', tags: { artist: 'Me' } });
  expect(recalled(place)).toMatchObject({ what: 'song', format: 'opus', kbps: 256, tags: { artist: 'Me' } });
});

it('begins anew where what is stored makes no sense', () => {
  expect(recalled(store('{nonsense'))).toEqual(USUAL);
  expect(recalled(store('{"format":"tape"}')).format).toBe('wav');
});
