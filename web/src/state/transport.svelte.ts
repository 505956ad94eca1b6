/** The transport as the server states it, and the map from stream time to places in the song. */
import type { Epoch, Segment, Span, State, Transport as Phase } from '../wire/messages';

/** Segments behind the playhead that are kept: what is shown lags what is played by the device's latency. */
const KEPT = 16;

export class Transport {
  phase = $state<Phase>('stopped');
  loop = $state<Span | null>(null);
  position = $state(0);
  revision = $state('');
  /** Stream frame of the latest start: "what I heard" begins here. */
  startedAt = $state<number | null>(null);
  #segments: Segment[] = [];

  get playing(): boolean { return this.phase === 'playing'; }

  reset(): void {
    this.#segments = [];
    this.phase = 'stopped';
    this.position = 0;
    this.loop = null;
    this.startedAt = null;
  }

  state(state: State): void {
    this.phase = state.transport;
    this.loop = state.loop;
    this.position = state.position;
    this.revision = state.revision;
  }

  epoch(epoch: Epoch): void {
    if (epoch.reason === 'start') this.startedAt = epoch.starts_at;
  }

  /** A segment tells where the playhead is from its frame on; it voids what older epochs said of later frames. */
  segment(segment: Segment): void {
    const kept = this.#segments.filter((old) => old.starts_at < segment.starts_at || (old.starts_at > segment.starts_at && old.epoch === segment.epoch));
    kept.push(segment);
    this.#segments = kept.sort((a, b) => a.starts_at - b.starts_at);
  }

  /** The place in the song that a stream frame belongs to. */
  positionAt(frame: number): number {
    if (this.phase === 'stopped') return this.position;
    const at = this.#segments.findLastIndex((segment) => segment.starts_at <= frame);
    if (at > KEPT) this.#segments = this.#segments.slice(at - KEPT);
    const segment = this.#segments[Math.min(at, KEPT)] ?? this.#segments[0];
    return segment === undefined ? this.position : segment.position + Math.max(0, frame - segment.starts_at);
  }
}
