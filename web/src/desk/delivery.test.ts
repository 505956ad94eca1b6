import { describe, expect, it } from 'vitest';
import { asked, bitsRefused, ditherRefused, fault, inFormat, rateRefused, targetRefused, USUAL } from './delivery';

describe('what a bounce can be', () => {
  it('says why a combination cannot be had', () => {
    expect(rateRefused('opus', 96_000)).toBe('Opus is made at 48 kHz only');
    expect(rateRefused('wav', 96_000)).toBeNull();
    expect(bitsRefused('flac', 32)).toContain('in WAV');
    expect(targetRefused('stems')).toContain('before the master');
    expect(ditherRefused({ format: 'wav', bits: 32 })).toContain('no dither');
    expect(ditherRefused({ format: 'flac', bits: 16 })).toBeNull();
  });

  it('moves to what another format can hold', () => {
    const wish = { ...USUAL, rate: 96_000, bits: 32, kbps: 320 };
    expect(inFormat(wish, 'opus')).toMatchObject({ rate: 48_000, kbps: 192 });
    expect(inFormat(wish, 'flac')).toMatchObject({ rate: 96_000, bits: 24 });
  });

  it('asks for bits or a bit rate, never both, and for no loudness of stems', () => {
    const mastered = { ...USUAL, lufs: -14 };
    expect(asked(mastered)).toMatchObject({ kind: 'mix', bits: 24, loudness_lufs: -14, ceiling_dbtp: -1 });
    expect(asked(inFormat(mastered, 'mp3'))).not.toHaveProperty('bits');
    expect(asked({ ...mastered, what: 'stems' })).not.toHaveProperty('loudness_lufs');
  });

  it('leaves empty tags out', () => {
    expect(asked({ ...USUAL, tags: { title: ' Song ', artist: ' ' } }).tags).toEqual({ title: 'Song' });
  });

  it('finds what was typed wrongly', () => {
    expect(fault({ ...USUAL, tags: { date: '99' } })).toBe('The year has four digits.');
    expect(fault({ ...USUAL, lufs: Number.NaN })).toContain('LUFS');
    expect(fault({ ...USUAL, lufs: -14, ceiling: 1 })).toContain('dBTP');
    expect(fault({ ...USUAL, lufs: -14 })).toBeNull();
  });
});
