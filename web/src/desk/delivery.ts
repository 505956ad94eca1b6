/** What a bounce can be: which formats, rates, bits and bit rates go together, and in words why others do not. */
import type { BounceRequest, Dither, Format } from '../wire/api';

export interface Form {
  label: string;
  rates: readonly number[];
  bits: readonly number[];
  kbps: readonly number[];
}

export const RATES = [44_100, 48_000, 88_200, 96_000] as const;
export const BITS = [16, 24, 32] as const;
const RATES_ALL: readonly number[] = RATES;

/** The same table as the server's; what it does not know, the server refuses with a sentence. */
export const FORMS: Readonly<Record<Format, Form>> = {
  wav: { label: 'WAV', rates: RATES_ALL, bits: [16, 24, 32], kbps: [] },
  flac: { label: 'FLAC', rates: RATES_ALL, bits: [16, 24], kbps: [] },
  mp3: { label: 'MP3', rates: [44_100, 48_000], bits: [], kbps: [128, 192, 256, 320] },
  m4a: { label: 'AAC', rates: RATES_ALL, bits: [], kbps: [128, 192, 256, 320] },
  opus: { label: 'Opus', rates: [48_000], bits: [], kbps: [96, 128, 192, 256] },
  ogg: { label: 'Ogg', rates: RATES_ALL, bits: [], kbps: [128, 192, 256, 320] },
};
const USUAL_KBPS: Readonly<Partial<Record<Format, number>>> = { mp3: 320, m4a: 256, opus: 192, ogg: 256 };

export const TARGETS = [
  { name: 'Streaming', lufs: -14 },
  { name: 'Podcast', lufs: -16 },
  { name: 'Broadcast', lufs: -23 },
  { name: 'Club', lufs: -9 },
] as const;
export const LUFS = { least: -36, most: -5 } as const;
export const CEILING = { least: -12, most: 0 } as const;

export type What = 'song' | 'heard' | 'stems';
export type Tags = Partial<Record<'title' | 'artist' | 'album' | 'date' | 'genre', string>>;

export interface Wish {
  what: What;
  format: Format;
  rate: number;
  bits: number;
  kbps: number;
  dither: Dither;
  tags: Tags;
  /** Null: as loud as the desk makes it. */
  lufs: number | null;
  ceiling: number;
}

export const USUAL: Wish = { what: 'song', format: 'wav', rate: 48_000, bits: 24, kbps: 256, dither: 'triangular', tags: {}, lufs: null, ceiling: -1 };

/** Why a rate cannot be had in a format; null if it can. */
export function rateRefused(format: Format, rate: number): string | null {
  const { label, rates } = FORMS[format];
  return rates.includes(rate) ? null : `${label} is made at ${rates.map(kilohertz).join(' or ')} only`;
}

export function bitsRefused(format: Format, bits: number): string | null {
  const { label, bits: known } = FORMS[format];
  return known.includes(bits) ? null : `${label} holds ${known.join(' or ')} bits; 32 bits are floating point, in WAV`;
}

/** Why the mix cannot be brought to a loudness; null if it can. */
export function targetRefused(what: What): string | null {
  return what === 'stems' ? 'Stems come from before the master: they have no loudness of their own' : null;
}

/** Why nothing is dithered; null if something is. */
export function ditherRefused({ format, bits }: Pick<Wish, 'format' | 'bits'>): string | null {
  if (FORMS[format].bits.length === 0) return `${FORMS[format].label} is not rounded to bits`;
  return bits === 32 ? '32-bit floating point needs no dither' : null;
}

/** The wish in another format, with what that format cannot hold moved to what it can. */
export function inFormat(wish: Wish, format: Format): Wish {
  const { rates, bits, kbps } = FORMS[format];
  return {
    ...wish,
    format,
    rate: rates.includes(wish.rate) ? wish.rate : 48_000,
    bits: bits.length === 0 || bits.includes(wish.bits) ? wish.bits : 24,
    kbps: kbps.length === 0 || kbps.includes(wish.kbps) ? wish.kbps : USUAL_KBPS[format]!,
  };
}

/** What is wrong with what was typed, in a sentence; null if nothing is. */
export function fault({ what, lufs, ceiling, tags }: Wish): string | null {
  if (tags.date && !/^\d{4}(-\d\d(-\d\d)?)?$/.test(tags.date.trim())) return 'The year has four digits.';
  if (what === 'stems' || lufs === null) return null;
  if (!(lufs >= LUFS.least && lufs <= LUFS.most)) return `A loudness is from ${String(LUFS.least)} to ${String(LUFS.most)} LUFS.`;
  if (!(ceiling >= CEILING.least && ceiling <= CEILING.most)) return `A ceiling is from ${String(CEILING.least)} to ${String(CEILING.most)} dBTP.`;
  return null;
}

/** The wish as the server takes it, without what is rendered. */
export function asked(wish: Wish): Omit<BounceRequest, 'revision' | 'stream' | 'from' | 'to'> {
  const lossless = FORMS[wish.format].bits.length > 0;
  const tags = Object.fromEntries(Object.entries(wish.tags).map(([name, text]) => [name, text.trim()]).filter(([, text]) => text !== ''));
  return {
    kind: wish.what === 'stems' ? 'stems' : 'mix',
    format: wish.format,
    rate: wish.rate,
    ...(lossless ? { bits: wish.bits, dither: wish.dither } : { kbps: wish.kbps }),
    tags,
    ...(wish.what === 'stems' || wish.lufs === null ? {} : { loudness_lufs: wish.lufs, ceiling_dbtp: wish.ceiling }),
  };
}

export const kilohertz = (rate: number): string => `${String(rate / 1000)} kHz`;
