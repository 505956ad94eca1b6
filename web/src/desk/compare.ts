/** Two sides of a comparison: what may stand on them, how that is named, when two mixes are the same, and how loud each is to be. */
import { type Catalogue, restOf } from './catalogue';
import type { Mix, Params } from './mix';

export type SideName = 'A' | 'B';

/** What stands on a side: the desk as it is worked on, the desk without its stages, a stored mix, or the desk with a preset on a strip. */
export type Source =
  | { kind: 'desk' }
  | { kind: 'bypass' }
  | { kind: 'revision'; id: string; name: string }
  | { kind: 'preset'; id: string; target: string; name: string };

export const DESK: Source = { kind: 'desk' };
export const BYPASS: Source = { kind: 'bypass' };

export const otherSide = (side: SideName): SideName => (side === 'A' ? 'B' : 'A');

/** A word for a source that no other one has. */
export function keyOf(source: Source): string {
  if (source.kind === 'revision') return `revision ${source.id}`;
  return source.kind === 'preset' ? `preset ${source.target} ${source.id}` : source.kind;
}

export function nameOf(source: Source): string {
  if (source.kind === 'desk') return 'The desk';
  return source.kind === 'bypass' ? 'All bypassed' : source.name;
}

/** The place of the trim that makes sides equally loud. */
export const TRIM = 'master/trim_db';

/** The mix as text, equal for mixes that sound and look the same: parameters at rest and the trim of the output do not count. */
export function canonical(mix: Mix, catalogue: Catalogue): string {
  const moved = (path: string, params: Params): Params =>
    Object.fromEntries(Object.entries(params).filter(([name, value]) => {
      const row = catalogue.at(`${path}/${name}`);
      return `${path}/${name}` !== TRIM && (row === undefined || value !== restOf(row));
    }));
  const parts = <Part extends { id: string; params: Params }>(kind: string, all: readonly Part[]) =>
    all.map((part) => ({ ...part, params: moved(`${kind}/${part.id}`, part.params) })).sort((a, b) => (a.id < b.id ? -1 : 1));
  return JSON.stringify({
    ...mix,
    tracks: parts('tracks', mix.tracks), groups: parts('groups', mix.groups), effects: parts('effects', mix.effects),
    master: { params: moved('master', mix.master.params) },
  }, inOrder);
}

/** Fields by name, so that two objects with the same fields are the same text. */
function inOrder(_: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

/** "−3.2 dB", or nothing where there is nothing to hear of it. */
export const trimText = (db: number): string => (db > -0.05 ? '' : `${db.toFixed(1).replace('-', '−')} dB`);

/** How loud a side is, and by how much it is turned down to be as loud as the other. */
export interface Level {
  readonly lufs: number;
  readonly trimDb: number;
}

/** The levels of both sides as a comparison found them; null if this is none. */
export function levelsOf(figures: Record<string, unknown> | undefined): readonly [Level, Level] | null {
  const sides = figures?.['sides'];
  if (!Array.isArray(sides) || sides.length !== 2) return null;
  const [a, b] = sides.map((side: Record<string, unknown>) => ({ lufs: Number(side['loudness_lufs']), trimDb: Number(side['trim_db']) }));
  return [a!, b!].every(({ lufs, trimDb }) => Number.isFinite(lufs) && Number.isFinite(trimDb)) ? [a!, b!] : null;
}
