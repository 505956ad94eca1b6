/** What mute and solo come to, as the engine hears them: mute wins, a muted group mutes its tracks, what is solo-safe stays. */
import type { Mix, Track } from './mix';

type Strips = Pick<Mix, 'tracks' | 'groups'>;
export type Silence = '' | 'muted' | 'muted with its group' | 'silent: others are soloed';

/** Whether anything at all is soloed. */
export function soloing({ tracks, groups }: Strips): boolean {
  return tracks.some((track) => track.solo) || groups.some((group) => group.params.solo === true);
}

/** Why a track is not heard; empty where it is. */
export function silenceOf(strips: Strips, track: Track): Silence {
  const group = strips.groups.find((one) => one.id === track.group);
  if (track.mute) return 'muted';
  if (group?.params.mute === true) return 'muted with its group';
  const heard = !soloing(strips) || track.solo || group?.params.solo === true || track.params.solo_safe === true;
  return heard ? '' : 'silent: others are soloed';
}
