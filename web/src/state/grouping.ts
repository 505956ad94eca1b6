/** Putting tracks into groups and dissolving them: one movement of the hand, so one step of undo. */
import { membersOf, nextGroup } from '../desk/groups';
import type { Group, Track } from '../desk/mix';
import type { Desk } from './desk.svelte';

/** Let a track play through a group; null: straight into the mix. */
export function moveInto(desk: Desk, track: Track, group: string | null): void {
  desk.set(`tracks/${track.id}/group`, group);
}

/** Let a track play through a group of its own. False if there are four already. */
export function moveIntoNew(desk: Desk, track: Track): boolean {
  const group = nextGroup(desk.mix.groups);
  if (group === null) return false;
  const gesture = desk.gesture();
  desk.set(`groups/${group.id}`, { ...group }, gesture);
  desk.set(`tracks/${track.id}/group`, group.id, gesture);
  return true;
}

/** Remove a group; its tracks go straight into the mix. */
export function dissolve(desk: Desk, group: Group): void {
  const gesture = desk.gesture();
  for (const track of membersOf(desk.mix, group)) desk.set(`tracks/${track.id}/group`, null, gesture);
  desk.set(`groups/${group.id}`, null, gesture);
}
