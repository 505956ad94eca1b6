/** A parameter that is one of a few words, as a control sees it. */
import type { Desk } from './desk.svelte';
import { valueIn } from '../desk/catalogue';

export interface Choice {
  readonly label: string;
  readonly doc: string;
  readonly chosen: string;
  readonly words: readonly (readonly [word: string, name: string])[];
  choose(word: string): void;
}

const NAMES: Readonly<Record<string, string>> = {
  bell: 'Bell', low_shelf: 'Low shelf', high_shelf: 'High shelf', notch: 'Notch', 12: '12 dB', 24: '24 dB', peak: 'Peak', rms: 'RMS',
  power: 'Equal power', compromise: '−4.5 dB', linear: 'Linear', balance: 'Balance', free: 'Free',
};

/** How a word of the catalogue is shown; note values are their own names: 1/8d is "1/8 dotted". */
export function wordName(word: string): string {
  return NAMES[word] ?? word.replace(/d$/, ' dotted').replace(/t$/, ' triplet');
}

/** The choice at `path`; `of` is whose it is. */
export function choiceOf(desk: Desk, path: string, of = ''): Choice {
  const row = desk.row(path);
  return {
    label: of === '' ? row.label : `${of} ${row.label}`,
    doc: row.doc,
    get chosen() { return String(valueIn(desk.mix, path, row)); },
    words: row.choices.map((word) => [word, wordName(word)]),
    choose: (word) => { desk.set(path, word); },
  };
}
