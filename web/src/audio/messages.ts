/** What the page, the link (a Worker) and the worklet say to each other. */
import type { Line } from '../wire/connection';
import type { ClientMessage, Codec, ServerMessage } from '../wire/messages';
import type { Join, Splice } from './writer';

export type ToLink =
  | { kind: 'open'; url: string; codecs: readonly Codec[] }
  | { kind: 'ring'; buffer: SharedArrayBuffer }
  | { kind: 'port'; port: MessagePort }
  | { kind: 'send'; message: ClientMessage }
  /** The audio context went to sleep or woke up: the server wants to know at once. */
  | { kind: 'ack' }
  /** When the audio context's first frame was heard, in microseconds of our clock; null while the context sleeps. */
  | { kind: 'output'; zeroUs: number | null }
  | { kind: 'retry' }
  | { kind: 'close' };

export type FromLink =
  | { kind: 'line'; line: Line }
  | { kind: 'message'; message: ServerMessage }
  | { kind: 'joined'; join: Join; readyMs: number | undefined }
  /** A decoder that failed, or bytes that are no message of ours. */
  | { kind: 'trouble'; reason: string }
  | { kind: 'roundTrip'; ms: number };

/** The writer's calls, for where memory cannot be shared and the writer lives in the worklet. */
export type ToWorkletPort =
  | { kind: 'begin'; splice: Splice }
  | { kind: 'write'; start: number; samples: Float32Array }
  | { kind: 'finish'; at: number }
  | { kind: 'pause'; at: number; dead: boolean }
  | { kind: 'sync'; frame: number }
  | { kind: 'resume' };

export type FromWorkletPort =
  | { kind: 'at'; playhead: number; end: number; state: number; drift: number }
  | { kind: 'joined'; join: Join };

/** The worklet's own options. `ring` is absent where memory cannot be shared. */
export interface WorkletOptions {
  ring?: SharedArrayBuffer;
  recording?: SharedArrayBuffer | ArrayBuffer;
}

export type ToWorklet = { kind: 'port'; port: MessagePort } | { kind: 'watch'; frame: number } | { kind: 'recording' };

export type FromWorklet =
  /** A watched frame was played, at this frame of the audio context. */
  | { kind: 'heard'; frame: number; contextFrame: number }
  | { kind: 'at'; playhead: number; end: number; state: number; underruns: number; drift: number; sync: number }
  | { kind: 'recording'; buffer: ArrayBuffer };
