/** `window.stemwire`: what browser tests and benchmarks read. It shows and records; it turns nothing on the desk. */
import type { Recording } from './audio/recorder';
import type { Studio } from './state/studio.svelte';

export interface Figures {
  ready: boolean;
  project: string | null;
  stream: string | null;
  line: string;
  codec: string;
  shared: boolean;
  context: string | null;
  transport: string;
  /** Stream frame that is read next, and the place in the song it belongs to. */
  playhead: number;
  position: number;
  buffered: number;
  running: boolean;
  underruns: number;
  /** The latest splice, and how many came late. */
  epoch: number;
  splices: number;
  late: number;
  startedAt: number | null;
  /** What one may do here, how many people are here, and by how many frames one's sound lags the room's clock. */
  role: string;
  people: number;
  lag: number | null;
  knobToEarMs: number[];
}

export interface Probe {
  state(): Figures;
  /** A frame of the audio context and when it leaves the loudspeaker, in microseconds since 1970; null while the context sleeps. */
  output(): { contextFrame: number; us: number } | null;
  /** Put the audio context to sleep, as a phone that is called does, or wake it. */
  sleep(): Promise<void>;
  wake(): Promise<void>;
  /** Splices and how they were joined; `readyMs` is from the request to the ring, for those that this page asked for. */
  joins(): { epoch: number; startsAt: number; from: number; late: number; readyMs: number | null }[];
  heard(): { editId: number; path: string; spliceFrame: number; knobToEarMs: number }[];
  /** What the worklet put out (only with `?record`); null before the first sound. */
  recording(): Promise<Recording | null>;
  /** The same for callers outside the page, who get JSON: samples are base64 of little-endian float32. */
  recordingAsText(): Promise<{ samples: string; blocks: Recording['blocks']; full: boolean } | null>;
}

export function probe(studio: Studio): Probe {
  const { player, transport, line } = studio;
  return {
    state: () => ({
      ready: studio.ready,
      project: studio.project?.id ?? null,
      stream: studio.stream.id,
      line: line.state.state,
      codec: line.codec,
      shared: player.shared,
      context: player.context?.state ?? null,
      transport: transport.phase,
      playhead: player.playhead,
      position: transport.positionAt(player.playhead),
      buffered: player.buffered,
      running: player.running,
      underruns: player.underruns,
      epoch: studio.timing.joins.at(-1)?.epoch ?? 0,
      splices: studio.timing.joins.length,
      late: line.late,
      startedAt: transport.startedAt,
      role: studio.company.role,
      people: studio.company.count,
      lag: player.lag,
      knobToEarMs: studio.timing.heard.map((heard) => heard.knobToEarMs),
    }),
    output: () => player.output,
    sleep: async () => { await player.context?.suspend(); },
    wake: async () => { await player.context?.resume(); },
    joins: () => [...studio.timing.joins],
    heard: () => [...studio.timing.heard],
    recording: () => player.recording(),
    recordingAsText: async () => {
      const recording = await player.recording();
      return recording && { ...recording, samples: base64(recording.samples) };
    },
  };
}

function base64(samples: Float32Array): string {
  const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
  const parts: string[] = [];
  for (let at = 0; at < bytes.length; at += 0x8000) parts.push(String.fromCharCode(...bytes.subarray(at, at + 0x8000)));
  return btoa(parts.join(''));
}
