/** Control messages of the wire protocol as types, and the one place where text from the server becomes one of them. */
import type { Mix, Value } from '../desk/mix';

export type Codec = 'opus' | 'pcm-f32' | 'pcm-s16';
export const CODECS: readonly Codec[] = ['opus', 'pcm-f32', 'pcm-s16'];

export type Transport = 'playing' | 'paused' | 'stopped' | 'ended';
export type Reason = 'start' | 'seek' | 'loop' | 'edit' | 'revision' | 'resume';

/** A range of positions. */
export interface Span {
  start: number;
  end: number;
}

/** What a path may be set to: a parameter's value, or a part of the document (null removes it). */
export type PathValue = Value | string | null | object;

export type ClientMessage =
  | { type: 'play' | 'pause' | 'stop' | 'reset_loudness' }
  | { type: 'seek'; position: number }
  | { type: 'loop'; start: number | null; end: number | null }
  | { type: 'set'; path: string; value: PathValue; gesture: string; edit_id: number; played_to?: number }
  | { type: 'undo' | 'redo'; gesture?: string }
  | { type: 'mix'; revision: string; trim_db?: number }
  | { type: 'subscribe'; meters: number; scope: number };

/** What the link says by itself. */
export type LinkMessage =
  | { type: 'ack'; epoch: number; played_to: number; buffered: number; client_us: number; late?: number; ready_us?: number; heard_us?: number }
  | { type: 'ping'; client_us: number };

export interface Welcome {
  type: 'welcome';
  protocol: number;
  stream_id: string;
  listener_id: string;
  role: Role;
  codec: Codec;
  lead_frames: number;
  resume: string;
  mix: { revision: string; document: Mix };
  meters?: { tracks: number; columns: number; buses?: string[] };
}

export interface State {
  type: 'state';
  transport: Transport;
  frame: number;
  position: number;
  epoch: number;
  loop: Span | null;
  revision: string;
  server_us: number;
}

export interface Segment {
  type: 'segment';
  epoch: number;
  starts_at: number;
  position: number;
  loop: Span | null;
}

export interface Epoch {
  type: 'epoch';
  epoch: number;
  starts_at: number;
  fade_before: number;
  reason: Reason;
}

export interface Edit {
  type: 'edit';
  edit_id: number | null;
  path: string;
  value: PathValue;
  by: string;
  splice_frame: number;
}

export interface Meters {
  type: 'meters';
  tracks: number;
  rows: [frame: number, values: number[]][];
}

/** A frame, the spectrum's bands in dB, the goniometer's points. */
export type ScopeRow = [frame: number, bands: number[], points: [mid: number, side: number][]];

export interface Scope {
  type: 'scope';
  rows: ScopeRow[];
}

export interface Stats {
  type: 'stats';
  render_load: number;
  lead_frames: number;
  margin_us: number;
  splices: number;
  rerenders: number;
  drops: number;
}

export interface ServerError {
  type: 'error';
  code: string;
  message: string;
  fatal: boolean;
}

export interface Bye {
  type: 'bye';
  reason: string;
  retry_after_s: number;
}

export interface Pong {
  type: 'pong';
  client_us: number;
  server_us: number;
}

/** Where several listen: the stream frame that leaves everybody's loudspeaker at a time of the server's clock. */
export interface Clock {
  type: 'clock';
  frame: number | null;
  server_us: number | null;
}

export type Role = 'controller' | 'listener';

export interface Named {
  id: string;
  name: string;
}

export interface Person extends Named {
  role: Role;
  colour: number;
}

/** Who is here: rows for the first of them, how many there are, who came and who went. */
export interface People {
  type: 'people';
  people: Person[];
  count: number;
  joined: Named[];
  left: Named[];
}

/** What undo and redo would do for this listener, in words. */
export interface History {
  type: 'history';
  undo: string | null;
  redo: string | null;
}

export type ServerMessage = Welcome | State | Segment | Epoch | Edit | Meters | Scope | Stats | People | Clock | History | ServerError | Bye | Pong;

const TYPES: ReadonlySet<string> = new Set([
  'welcome', 'state', 'segment', 'epoch', 'edit', 'meters', 'scope', 'stats', 'people', 'clock', 'history', 'error', 'bye', 'pong',
]);
const FRAMES = ['frame', 'starts_at', 'position', 'epoch', 'splice_frame', 'fade_before'];

/** Read one text message; null if it is none that this version knows (a newer server may say more). */
export function parseMessage(text: string): ServerMessage | null {
  const message: unknown = parseJson(text);
  if (typeof message !== 'object' || message === null || !('type' in message)) return null;
  if (typeof message.type !== 'string' || !TYPES.has(message.type)) return null;
  const fields = message as Record<string, unknown>;
  for (const name of FRAMES) if (name in fields && !Number.isSafeInteger(fields[name]) && !isNoClock(fields)) return null;
  return message as ServerMessage;
}

/** A listener who is alone is told of a clock that has no frame. */
function isNoClock({ type, frame }: Record<string, unknown>): boolean {
  return type === 'clock' && frame === null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
