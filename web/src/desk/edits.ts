/** Writing one place of the mix document by path: parameters, and the parts of the structure that the server may send. */
import type { Catalogue } from './catalogue';
import type { Effect, Group, Mix, Params, Track, Value } from './mix';

/** Refusals of an edit: what the desk shows is not what the server has, so it is fetched again. */
export const REFUSALS: ReadonlySet<string> = new Set(['invalid_parameter', 'unknown_path', 'not_controller', 'asset_missing', 'conflict']);

interface Part { id: string; params: Params }

/** Put `value` at `path`, in place. False if this mix has no such place. */
export function write(mix: Mix, catalogue: Catalogue, path: string, value: unknown): boolean {
  const [kind, id, ...rest] = path.split('/');
  if (kind === 'tempo_map' || kind === 'markers' || kind === 'sections') return assign(mix, kind, value);
  if (kind === 'master') return setParam(mix.master.params, catalogue, path, value);
  if (kind === 'automation') {
    mix.automation[path.slice('automation/'.length)] = value;
    return true;
  }
  if (kind !== 'tracks' && kind !== 'effects' && kind !== 'groups') return false;
  if (rest.length === 0) return putPart(mix, kind, id!, value as Part | null);
  const part = (mix[kind] as Part[]).find((one) => one.id === id);
  if (part === undefined) return false;
  if (FIELDS[kind].has(rest.join('/'))) return assign(part as Track & Group, rest[0] as keyof Track & keyof Group, value);
  return setParam(part.params, catalogue, path, value);
}

/** What of a part is no parameter. */
const FIELDS: Record<'tracks' | 'groups' | 'effects', ReadonlySet<string>> = {
  tracks: new Set(['name', 'colour', 'role', 'clips', 'group', 'mute', 'solo']), groups: new Set(['name', 'colour']), effects: new Set(),
};

function assign<Whole, Key extends keyof Whole>(whole: Whole, key: Key, value: unknown): true {
  whole[key] = value as Whole[Key];
  return true;
}

function setParam(params: Params, catalogue: Catalogue, path: string, value: unknown): boolean {
  const row = catalogue.at(path);
  if (row === undefined) return false;
  params[row.name] = value as Value;
  return true;
}

function putPart(mix: Mix, kind: 'tracks' | 'effects' | 'groups', id: string, part: Part | null): true {
  const parts = mix[kind] as Part[];
  const at = parts.findIndex((one) => one.id === id);
  if (part === null) {
    if (at >= 0) parts.splice(at, 1);
  } else if (at >= 0) parts[at] = part as Track & Effect;
  else parts.push(part as Track & Effect);
  if (kind !== 'effects') mix[kind].sort((a: Track | Group, b: Track | Group) => a.lane - b.lane);
  return true;
}
