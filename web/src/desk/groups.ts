/** The groups of a desk: what a new one is, which tracks play through one. */
import type { Group, Mix, Track } from './mix';

/** As many as the console has. */
const GROUPS = 4;

/** A group in the lowest free lane; null on a desk that has all four. */
export function nextGroup(groups: readonly Group[]): Group | null {
  const lane = [...Array(GROUPS).keys()].find((free) => groups.every((group) => group.lane !== free));
  if (lane === undefined) return null;
  return { id: `g-${Math.random().toString(36).slice(2, 10)}`, lane, name: `Group ${String(lane + 1)}`, colour: 2 * lane + 1, params: {} };
}

export function membersOf({ tracks }: Pick<Mix, 'tracks'>, group: Group): Track[] {
  return tracks.filter((track) => track.group === group.id);
}
