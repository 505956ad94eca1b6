/** The catalogue of parameters as the server tells it: paths to rows, values to positions and to a musician's words. */
import type { Mix, Value } from './mix';
import { clamp, positionOf, type Taper, valueAt } from './taper';

export type Scope = 'track' | 'group' | 'reverb' | 'delay' | 'master';

export interface Parameter {
  readonly scope: Scope;
  readonly name: string;
  readonly label: string;
  readonly unit: string;
  readonly low: number;
  readonly high: number;
  readonly default: number;
  readonly taper: Taper;
  readonly doc: string;
  readonly choices: readonly string[];
}

/** The server has no parameter that this page shows: the page is older, or newer, than the server. */
export class CatalogueGap extends Error {
  constructor(readonly path: string) { super(`the catalogue has no ${path}`); }
}

const SCOPES: Record<string, readonly Scope[]> = { tracks: ['track'], groups: ['group'], effects: ['reverb', 'delay'] };

export class Catalogue {
  readonly #rows = new Map<string, Parameter>();

  constructor(rows: readonly (Omit<Parameter, 'default'> & { readonly default: Value })[]) {
    for (const row of rows) this.#rows.set(`${row.scope} ${row.name}`, { ...row, default: typeof row.default === 'string' ? row.choices.indexOf(row.default) : Number(row.default) });
  }

  /** The row that a path names. */
  at(path: string): Parameter | undefined {
    const [kind, ...rest] = path.split('/');
    const scopes = SCOPES[kind!];
    if (scopes === undefined) return this.#rows.get(`master ${rest.join('/')}`);
    const name = rest.slice(1).join('/');
    return scopes.map((scope) => this.#rows.get(`${scope} ${name}`)).find((row) => row !== undefined);
  }

  /** The names of a strip's switches of stages, in the order of its signal. */
  stages(scope: Scope): string[] {
    return [...this.#rows.values()].filter((row) => row.scope === scope && row.name.endsWith('/on')).map(({ name }) => name);
  }
}

/** The value of a parameter at rest, as the document holds it. */
export function restOf(row: Parameter): Value {
  if (row.taper === 'choice') return row.choices[row.default]!;
  return row.taper === 'switch' ? row.default !== 0 : row.default;
}

/** The value at a path of the mix, or its rest value where it is not set. */
export function valueIn(mix: Mix, path: string, row: Parameter): Value {
  const rest = restOf(row);
  const [kind, id] = path.split('/');
  if (kind === 'master') return mix.master.params[row.name] ?? rest;
  if (kind === 'groups') return mix.groups.find((group) => group.id === id)?.params[row.name] ?? rest;
  if (kind === 'effects') return mix.effects.find((effect) => effect.id === id)?.params[row.name] ?? rest;
  const track = mix.tracks.find((one) => one.id === id);
  if (track === undefined) return rest;
  if (row.name === 'mute' || row.name === 'solo') return track[row.name];
  return track.params[row.name] ?? rest;
}

export const toPosition = (row: Parameter, value: number): number => positionOf(row.taper, row.low, row.high, value);

/** The value at a position, in steps that a musician would write down. */
export const toValue = (row: Parameter, position: number): number => tidy(row, valueAt(row.taper, row.low, row.high, position));

function tidy(row: Parameter, value: number): number {
  const digits = row.unit === 'dB' ? 2 : row.unit === '' ? 3 : 4 - Math.ceil(Math.log10(Math.max(value, 1e-3)));
  const scale = 10 ** clamp(digits, 0, 4);
  return clamp(Math.round(value * scale) / scale, row.low, row.high);
}

/** A value moved by keys: decibels in half decibels, all else in hundredths of the travel; `ticks` 10 is a page. */
export function nudged(row: Parameter, value: number, ticks: number): number {
  if (row.unit !== 'dB') return toValue(row, toPosition(row, value) + ticks / 100);
  const step = Math.abs(ticks) >= 10 ? (ticks / 10) * 3 : ticks * 0.5;
  return tidy(row, clamp(value + step, row.low, row.high));
}

export function dbText(db: number, digits = 1): string {
  const rounded = db.toFixed(digits);
  if (Number(rounded) === 0) return (0).toFixed(digits);
  return (db > 0 ? '+' : '−') + rounded.replace('-', '');
}

const significant = (value: number): string => String(Number(value.toFixed(value >= 100 ? 0 : value >= 10 ? 1 : 2)));

/** A value as it is shown. */
export function text(row: Parameter, value: number): string {
  if (row.unit === 'dB') {
    if (row.taper === 'fader' && value <= row.low) return '−∞ dB';
    // What cannot be less than nothing is a width or an amount, not a gain up or down.
    return `${row.low >= 0 ? value.toFixed(1) : dbText(value)} dB`;
  }
  if (row.unit === 'Hz') return value >= 1000 ? `${significant(value / 1000)} kHz` : `${significant(value)} Hz`;
  if (row.unit === 'ms') return value >= 1000 ? `${significant(value / 1000)} s` : `${significant(value)} ms`;
  if (row.unit === ':1') return `${significant(value)} : 1`;
  if (row.name === 'pan') return panText(value);
  if (row.unit === '') return `${String(Math.round(value * 100))} %`;
  return row.unit === 'Q' ? `Q ${significant(value)}` : `${significant(value)} ${row.unit}`;
}

/** A value as it is spoken. */
export function spoken(row: Parameter, value: number): string {
  if (row.name === 'pan') return Math.abs(value) < 0.005 ? 'centre' : `${String(Math.round(Math.abs(value) * 100))} ${value < 0 ? 'left' : 'right'}`;
  if (row.unit === ':1') return `${significant(value)} to 1`;
  if (row.taper === 'fader' && value <= row.low) return 'off';
  return text(row, value).replace(' %', ' percent');
}

function panText(pan: number): string {
  if (Math.abs(pan) < 0.005) return 'C';
  return `${pan < 0 ? 'L' : 'R'}${String(Math.round(Math.abs(pan) * 100))}`;
}

/** What somebody typed into a control: a number with or without a unit, "2.4k", "off", "L30". Null if it is none. */
export function parseValue(row: Parameter, typed: string): number | null {
  const entry = typed.trim().toLowerCase().replace('−', '-').replace(',', '.');
  if (row.taper === 'fader' && /^(off|-?∞|-inf)/.test(entry)) return row.low;
  if (row.name === 'pan' && /^c/.test(entry)) return 0;
  const found = /^([lr])?\s*([+-]?\d*\.?\d+)\s*(k|s(?!t)|%)?/.exec(entry);
  if (found === null) return null;
  let number = Number(found[2]);
  if (row.name === 'pan') number = (found[1] === 'l' ? -Math.abs(number) : number) / 100;
  else if (row.unit === '') number /= 100;
  if (found[3] === 'k' || (found[3] === 's' && row.unit === 'ms')) number *= 1000;
  return tidy(row, clamp(number, row.low, row.high));
}
