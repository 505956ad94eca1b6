/** Frames as people read them: a clock, bars and beats, and a ruler whose marks are never crowded. */
import type { Tempo } from './mix';

export const RATE = 48_000;

const pad = (value: number, digits = 2): string => String(value).padStart(digits, '0');

/** "1:23.420"; without milliseconds "1:23". */
export function clock(frames: number, milliseconds = true): string {
  const ms = Math.floor(Math.max(0, frames) / (RATE / 1000));
  const seconds = Math.floor(ms / 1000);
  const whole = seconds < 3600
    ? `${String(Math.floor(seconds / 60))}:${pad(seconds % 60)}`
    : `${String(Math.floor(seconds / 3600))}:${pad(Math.floor(seconds / 60) % 60)}:${pad(seconds % 60)}`;
  return milliseconds ? `${whole}.${pad(ms % 1000, 3)}` : whole;
}

/** The clock for ears: "1 minute 23 seconds". */
export function spokenClock(frames: number): string {
  const seconds = Math.floor(frames / RATE);
  const minutes = Math.floor(seconds / 60);
  return minutes === 0 ? `${String(seconds)} seconds` : `${String(minutes)} min ${String(seconds % 60)} s`;
}

export interface Beat {
  readonly bar: number;
  readonly beat: number;
  readonly bpm: number;
}

/** Bar and beat (from 1) at a position, or null where the song has no tempo. */
export function beatAt(tempi: readonly Tempo[], position: number): Beat | null {
  let bars = 0;
  for (let i = 0; i < tempi.length; i++) {
    const { position: from, bpm, beats } = tempi[i]!;
    const next = tempi[i + 1]?.position ?? Infinity;
    const perBar = (60 / bpm) * RATE * beats;
    if (position < next || i === tempi.length - 1) {
      const inside = Math.max(0, position - from) / perBar;
      return { bar: bars + Math.floor(inside) + 1, beat: Math.floor((inside % 1) * beats + 1e-9) + 1, bpm };
    }
    bars += Math.ceil((next - from) / perBar - 1e-9);
  }
  return null;
}

const STEPS_S = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 1800, 3600];

/** Frames between two marks of a ruler, so that they lie at least `apart` pixels from each other. */
export function rulerStep(framesPerPixel: number, apart: number): number {
  const least = (framesPerPixel * apart) / RATE;
  return (STEPS_S.find((step) => step >= least) ?? STEPS_S.at(-1)!) * RATE;
}
