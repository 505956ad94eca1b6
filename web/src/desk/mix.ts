/** The mix document as the server sends it, and how a path names a place in it. */

export type Value = number | boolean | string;
export type Params = Record<string, Value>;

export interface Clip {
  id: string;
  asset: string;
  at: number;
  from: number;
  length: number;
  gain_db: number;
  fade_in: number;
  fade_out: number;
}

export interface Track {
  id: string;
  lane: number;
  name: string;
  colour: number;
  role: string;
  clips: Clip[];
  params: Params;
  group: string | null;
  solo: boolean;
  mute: boolean;
}

export interface Group {
  id: string;
  lane: number;
  name: string;
  colour: number;
  params: Params;
}

export interface Effect {
  id: string;
  kind: string;
  params: Params;
}

export interface Tempo {
  position: number;
  bpm: number;
  beats: number;
}

export interface Marker {
  id: string;
  position: number;
  name: string;
}

export interface Section {
  id: string;
  start: number;
  end: number;
  name: string;
}

export interface Mix {
  schema: 1;
  tempo_map: Tempo[];
  markers: Marker[];
  sections: Section[];
  tracks: Track[];
  groups: Group[];
  effects: Effect[];
  master: { params: Params };
  automation: Record<string, unknown>;
}

/** The position at which the last clip ends. */
export function endOf(mix: Pick<Mix, 'tracks'>): number {
  let end = 0;
  for (const track of mix.tracks) for (const clip of track.clips) end = Math.max(end, clip.at + clip.length);
  return end;
}
