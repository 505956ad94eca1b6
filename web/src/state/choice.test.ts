import { expect, it } from 'vitest';
import { wordName } from './choice';

it('says note values and shapes in words', () => {
  expect(['1/8d', '1/4t', '1/2', 'low_shelf', '12'].map(wordName)).toEqual(['1/8 dotted', '1/4 triplet', '1/2', 'Low shelf', '12 dB']);
});
