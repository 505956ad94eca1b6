import { describe, expect, it } from 'vitest';
import { bellsOf, gainsOf, MATCH_HZ, soundsOf, spokenGains } from './match';
import { gainDbAt } from './response';

const gains = MATCH_HZ.map((hz) => (hz === 80 ? 3 : hz === 4000 ? -2 : 0));
const answer = (figures: Record<string, unknown>) => ({ result: { figures, warnings: [], suggestions: [] } });

describe('the curve of a match', () => {
  it('is read only if all twelve gains are there', () => {
    expect(gainsOf(answer({ gains_db: gains }))).toEqual(gains);
    for (const wrong of [[1, 2], gains.map(String), null]) expect(gainsOf(answer({ gains_db: wrong }))).toBeNull();
    expect(gainsOf({ result: null })).toBeNull();
    expect(gainsOf(null)).toBeNull();
  });

  it('is that of twelve bells, each of which reaches its gain at its centre', () => {
    expect(gainDbAt(bellsOf(gains), 80)).toBeCloseTo(3, 1);
    expect(gainDbAt(bellsOf(gains), 4000)).toBeCloseTo(-2, 1);
    expect(Math.abs(gainDbAt(bellsOf(gains), 600))).toBeLessThan(0.2);
  });

  it('is spoken where it is not flat', () => {
    expect(spokenGains(gains)).toBe('+3.0 dB at 80 Hz, −2.0 dB at 4 kHz');
    expect(spokenGains(MATCH_HZ.map(() => 0.2))).toBe('flat');
  });
});

it('lays mix and reference side by side, silent ones too', () => {
  const told = (loudness_lufs: number | null) => ({ loudness_lufs, range_lu: 6, thirds_db: [-20, -30] });
  expect(soundsOf(answer({ mix: told(-14), reference: told(null) }))).toEqual([
    { name: 'Mix', lufs: -14, rangeLu: 6, thirds: [-20, -30] }, { name: 'Reference', lufs: null, rangeLu: 6, thirds: [-20, -30] },
  ]);
  expect(soundsOf(null)).toEqual([]);
});
