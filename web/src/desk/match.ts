/** The master's match as curves and words: the twelve bells that it has, what an analysis suggests for them, and the sounds it compared. */
import type { Analysis } from '../wire/api';
import { dbText } from './catalogue';
import type { Band } from './response';

/** Centres and width of the bells (`MATCH_HZ` of `dsp/desk/catalogue.py`, `Q` of `dsp/master/match.py`). */
export const MATCH_HZ = [40, 80, 125, 250, 500, 1000, 1600, 2500, 4000, 6300, 10_000, 14_000] as const;
const MATCH_Q = 1.2;
/** Less is not heard, and not told. */
const AUDIBLE_DB = 0.5;

/** Twelve gains as the bells of the match stage. */
export const bellsOf = (gains: readonly number[]): Band[] =>
  MATCH_HZ.map((frequency, at) => ({ shape: 'bell', frequency, gainDb: gains[at] ?? 0, q: MATCH_Q }));

/** The gains that an analysis suggests; null if there are not all twelve. */
export function gainsOf(analysis: Pick<Analysis, 'result'> | null): number[] | null {
  const gains = numbers(analysis?.result?.figures['gains_db']);
  return gains.length === MATCH_HZ.length ? gains : null;
}

export interface Sound {
  readonly name: 'Mix' | 'Reference';
  readonly lufs: number | null;
  readonly rangeLu: number | null;
  /** Levels in thirds of an octave, over the frequencies of `thirdsOf`. */
  readonly thirds: readonly number[];
}

export const thirdsOf = (analysis: Pick<Analysis, 'result'> | null): number[] => numbers(analysis?.result?.figures['thirds_hz']);

/** The mix and the reference as they were measured. */
export function soundsOf(analysis: Pick<Analysis, 'result'> | null): Sound[] {
  const figures = analysis?.result?.figures ?? {};
  return (['Mix', 'Reference'] as const).flatMap((name) => {
    const told = figures[name.toLowerCase()] as Record<string, unknown> | undefined;
    return told === undefined ? [] : [{ name, lufs: finite(told['loudness_lufs']), rangeLu: finite(told['range_lu']), thirds: numbers(told['thirds_db']) }];
  });
}

/** A curve of gains for ears: "+3.0 dB at 80 Hz, −2.0 dB at 4 kHz". */
export function spokenGains(gains: readonly number[]): string {
  const heard = MATCH_HZ.flatMap((hz, at) => (Math.abs(gains[at] ?? 0) < AUDIBLE_DB ? [] : [`${dbText(gains[at]!)} dB at ${hz < 1000 ? `${String(hz)} Hz` : `${String(hz / 1000)} kHz`}`]));
  return heard.length > 0 ? heard.join(', ') : 'flat';
}

const finite = (value: unknown): number | null => (typeof value === 'number' && Number.isFinite(value) ? value : null);

/** A list of numbers, or none if anything in it is not one. */
function numbers(value: unknown): number[] {
  if (!Array.isArray(value)) return [];
  return value.every((one): one is number => finite(one) !== null) ? value : [];
}
