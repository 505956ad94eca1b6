import { expect, it } from 'vitest';
import { CatalogueGap } from '../desk/catalogue';
import { Problem } from '../wire/api';
import { failureOf, sentence } from './failure';

it('offers to try a refusal again, and to load the page again where page and server do not fit', () => {
  expect(failureOf(new Problem(0, 'unreachable', 'The server cannot be reached.'))).toEqual({ sentence: 'The server cannot be reached.', reload: false });
  const gap = failureOf(new CatalogueGap('master/warmth'));
  expect(gap.reload).toBe(true);
  expect(gap.sentence).toContain('master/warmth');
  expect(failureOf(new TypeError('no such thing'))).toMatchObject({ reload: true });
});

it('throws on what is no refusal', () => {
  expect(sentence(new Problem(409, 'conflict', 'It has changed.'))).toBe('It has changed.');
  expect(() => sentence(new TypeError('ours'))).toThrow('ours');
});
