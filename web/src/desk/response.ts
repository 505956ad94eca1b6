/** What the equaliser and the compressor do, as curves to be drawn: the cookbook's filters and a soft knee. */

const RATE = 48_000;

/** The catalogue's words for what a band may be. */
export type Kind = 'bell' | 'low_shelf' | 'high_shelf' | 'notch';
export type Shape = Kind | 'high_pass' | 'low_pass';

export interface Band {
  readonly shape: Shape;
  readonly frequency: number;
  readonly gainDb: number;
  readonly q: number;
}

type Biquad = readonly [b0: number, b1: number, b2: number, a0: number, a1: number, a2: number];

function biquad({ shape, frequency, gainDb, q }: Band): Biquad {
  const w = (2 * Math.PI * Math.min(frequency, RATE * 0.49)) / RATE;
  const cos = Math.cos(w);
  const alpha = Math.sin(w) / (2 * q);
  const a = 10 ** (gainDb / 40);
  const poles = [1 + alpha, -2 * cos, 1 - alpha] as const;
  if (shape === 'high_pass') return [(1 + cos) / 2, -(1 + cos), (1 + cos) / 2, ...poles];
  if (shape === 'low_pass') return [(1 - cos) / 2, 1 - cos, (1 - cos) / 2, ...poles];
  if (shape === 'notch') return [1, -2 * cos, 1, ...poles];
  if (shape === 'bell') return [1 + alpha * a, -2 * cos, 1 - alpha * a, 1 + alpha / a, -2 * cos, 1 - alpha / a];
  const side = shape === 'low_shelf' ? 1 : -1;
  const slope = 2 * Math.sqrt(a) * alpha;
  return [
    a * (a + 1 - side * (a - 1) * cos + slope),
    side * 2 * a * (a - 1 - side * (a + 1) * cos),
    a * (a + 1 - side * (a - 1) * cos - slope),
    a + 1 + side * (a - 1) * cos + slope,
    side * -2 * (a - 1 + side * (a + 1) * cos),
    a + 1 + side * (a - 1) * cos - slope,
  ];
}

/** A cut as the filters that it is made of: Butterworth, one of second order or two. */
export function cutOf(shape: 'high_pass' | 'low_pass', frequency: number, slope: number): Band[] {
  const turns = slope === 24 ? [1 / 8, 3 / 8] : [1 / 4];
  return turns.map((turn) => ({ shape, frequency, gainDb: 0, q: 0.5 / Math.cos(turn * Math.PI) }));
}

/** Power of `c0 + c1/z + c2/z²` on the unit circle at angle `w`. */
function power(c0: number, c1: number, c2: number, w: number): number {
  return c0 * c0 + c1 * c1 + c2 * c2 + 2 * (c0 * c1 + c1 * c2) * Math.cos(w) + 2 * c0 * c2 * Math.cos(2 * w);
}

/** Gain in dB of all bands in a row at a frequency. */
export function gainDbAt(bands: readonly Band[], frequency: number): number {
  const w = (2 * Math.PI * frequency) / RATE;
  let db = 0;
  for (const band of bands) {
    const [b0, b1, b2, a0, a1, a2] = biquad(band);
    db += 10 * Math.log10(Math.max(power(b0, b1, b2, w), 1e-12) / power(a0, a1, a2, w));
  }
  return db;
}

/** Output level in dB of a compressor with a soft knee, for an input level in dB. */
export function compressedDb(inDb: number, thresholdDb: number, ratio: number, kneeDb: number, makeupDb: number): number {
  const over = inDb - thresholdDb;
  if (2 * over < -kneeDb) return inDb + makeupDb;
  if (2 * over <= kneeDb && kneeDb > 0) return inDb + ((1 / ratio - 1) * (over + kneeDb / 2) ** 2) / (2 * kneeDb) + makeupDb;
  return thresholdDb + over / ratio + makeupDb;
}
