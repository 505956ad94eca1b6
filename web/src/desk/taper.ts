/**
 * Curves between a control's position (0 to 1) and its value.
 *
 * The fader law is that of the X32 family, which engineers' hands know: unity at three quarters, 10 dB in hand above it, and half
 * of the travel for the 40 dB where mixing happens.
 */

export type Taper = 'linear' | 'log' | 'fader' | 'switch' | 'choice';

const KNEES: readonly (readonly [position: number, db: number])[] = [[0, -90], [1 / 16, -60], [1 / 4, -30], [1 / 2, -10], [1, 10]];

function along(value: number, from: 0 | 1): number {
  const to = from === 0 ? 1 : 0;
  for (let i = 1; i < KNEES.length; i++) {
    const a = KNEES[i - 1]!;
    const b = KNEES[i]!;
    if (value <= b[from]) return a[to] + ((value - a[from]) / (b[from] - a[from])) * (b[to] - a[to]);
  }
  return KNEES.at(-1)![to];
}

export const clamp = (value: number, low = 0, high = 1): number => Math.min(high, Math.max(low, value));

/** The value at a position. */
export function valueAt(taper: Taper, low: number, high: number, position: number): number {
  const p = clamp(position);
  if (taper === 'fader') return clamp(along(p, 0), low, high);
  if (taper === 'log') return low * (high / low) ** p;
  return low + (high - low) * p;
}

/** The position of a value. */
export function positionOf(taper: Taper, low: number, high: number, value: number): number {
  const v = clamp(value, low, high);
  if (taper === 'fader') return along(v, 1);
  if (taper === 'log') return Math.log(v / low) / Math.log(high / low);
  return (v - low) / (high - low);
}
