/** The filters of a strip (`tracks/{id}` or `master`) as the desk has them, in the order of the signal; a stage that is out is left out. */
import { type Band, cutOf, type Kind } from '../desk/response';
import { choiceOf } from './choice';
import type { Desk } from './desk.svelte';

export function bandOf(desk: Desk, strip: string, number: number): Band {
  const path = `${strip}/eq/${String(number)}`;
  const at = (name: string) => desk.number(`${path}/${name}`);
  const shape = choiceOf(desk, `${path}/kind`).chosen as Kind;
  return { shape, frequency: at('frequency_hz'), gainDb: shape === 'notch' ? 0 : at('gain_db'), q: at('q') };
}

export const CUTS = [['highpass', 'high_pass'], ['lowpass', 'low_pass']] as const;

/** Only tracks have cuts. */
export const hasCuts = (strip: string): boolean => strip.startsWith('tracks/');

export function bandsOf(desk: Desk, strip: string): Band[] {
  const bands: Band[] = [];
  for (const [name, shape] of hasCuts(strip) ? CUTS : []) {
    const path = `${strip}/${name}`;
    if (desk.on(`${path}/on`)) bands.push(...cutOf(shape, desk.number(`${path}/frequency_hz`), Number(choiceOf(desk, `${path}/slope`).chosen)));
  }
  if (desk.on(`${strip}/eq/on`)) for (const number of [1, 2, 3, 4]) bands.push(bandOf(desk, strip, number));
  return bands;
}
