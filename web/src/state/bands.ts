/** The filters of a track as the desk has them, in the order of the signal; a stage that is out is left out. */
import type { Band, Shape } from '../desk/response';
import type { Desk } from './desk.svelte';

export const SHAPES: readonly Shape[] = ['lowShelf', 'bell', 'bell', 'highShelf'];

export function bandOf(desk: Desk, track: string, number: number): Band {
  const at = (name: string) => desk.number(`tracks/${track}/eq/${String(number)}/${name}`);
  return { shape: SHAPES[number - 1]!, frequency: at('frequency_hz'), gainDb: at('gain_db'), q: at('q') };
}

export function bandsOf(desk: Desk, track: string): Band[] {
  const bands: Band[] = [];
  if (desk.on(`tracks/${track}/highpass/on`)) {
    bands.push({ shape: 'highPass', frequency: desk.number(`tracks/${track}/highpass/frequency_hz`), gainDb: 0, q: Math.SQRT1_2 });
  }
  if (desk.on(`tracks/${track}/eq/on`)) for (const number of [1, 2, 3, 4]) bands.push(bandOf(desk, track, number));
  return bands;
}
