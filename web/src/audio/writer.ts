/**
 * Puts received audio into the ring and joins splices to what is already there.
 *
 * A splice rewrites the ring from its frame on, ahead of the reader. In PCM the join is exact; in Opus, whose two decodings differ
 * by codec noise, the writer fades over the frames before it. A splice that comes too late joins where the reader surely has not
 * been yet, with a fade, and reports by how much. Runs in the worker, or beside the reader where memory cannot be shared.
 */
import { FADE_FRAMES, PREBUFFER } from './reader';
import { CAPACITY, NEVER, PAUSED, type Ring, RUNNING, WAITING } from './ring';

/** Frames ahead of the playhead that the reader may reach while the writer writes: a device block of 512 and one of the worklet's. */
export const GUARD = 640;

/** Fade of a late splice, and the least that must lie behind a join for it to be made. */
const LATE_FADE = 240;

export interface Splice {
  readonly epoch: number;
  readonly startsAt: number;
  readonly fadeBefore: number;
  readonly fresh: boolean;
  /** After a break in the line the same song goes on in another decoding, which differs by codec noise: that is not being late. */
  readonly redecoded: boolean;
}

/** What became of a splice: from which frame on it is heard, and by how many frames that is late. */
export interface Join {
  readonly epoch: number;
  readonly startsAt: number;
  readonly from: number;
  readonly late: number;
}

interface Piece {
  readonly start: number;
  readonly samples: Float32Array;
}

interface Plan {
  readonly from: number;
  readonly fadeTo: number;
  readonly late: number;
}

export class Writer {
  #splice: Splice | null = null;
  #pieces: Piece[] = [];
  /** Whether something else was played instead of pieces that came too late. */
  #missed = false;
  #fade = { from: 0, to: 0 };
  #finalAt = NEVER;
  /** Frames that did not fit: the server went beyond its credit. */
  overflow = 0;

  constructor(
    readonly ring: Ring,
    private readonly onJoin: (join: Join) => void,
    private readonly guard = GUARD,
  ) {}

  /** A new epoch: what follows replaces the ring from `splice.startsAt` on. */
  begin(splice: Splice): void {
    this.#settle(splice.startsAt);
    const { ring } = this;
    this.#splice = splice;
    this.#missed = false;
    this.#finalAt = NEVER;
    ring.final = false;
    if (splice.fresh) {
      ring.end = splice.startsAt;
      ring.start(splice.startsAt);
    } else if (ring.state === PAUSED) ring.end = Math.min(ring.end, Math.max(ring.playhead, splice.startsAt));
  }

  /** Interleaved stereo samples from stream frame `start` on, contiguous within an epoch. */
  write(start: number, samples: Float32Array): void {
    const length = Math.min(samples.length / 2, Math.max(0, this.#finalAt - start));
    const piece = { start, samples: samples.subarray(0, length * 2) };
    if (this.#splice === null) this.#append(piece);
    else if (length > 0) {
      this.#pieces.push(piece);
      this.#join(false);
    }
  }

  /** The song ends at this stream frame; what is decoded beyond it is padding. */
  finish(at: number): void {
    this.#finalAt = at;
    if (this.#splice !== null) this.#join(true);
    if (this.#splice === null && this.ring.end >= at) this.#end(at);
  }

  /** Rest at a frame. `dead` says that nothing beyond it will be heard (a stop, not a pause). */
  pause(at: number, dead: boolean): void {
    const { ring } = this;
    ring.stopAt = at;
    if (dead && ring.playhead + FADE_FRAMES <= at) ring.end = Math.min(ring.end, at);
  }

  resume(): void {
    this.ring.stopAt = NEVER;
  }

  sync(frame: number): void {
    this.ring.sync = frame;
  }

  /** Before a new epoch: the old one's splice is joined with what there is of it, or was not heard. */
  #settle(until: number): void {
    const splice = this.#splice;
    if (splice === null) return;
    if (this.#pieces.length > 0) this.#join(true);
    if (this.#splice === null) return;
    this.#splice = null;
    this.#pieces = [];
    if (until > splice.startsAt) this.onJoin({ epoch: splice.epoch, startsAt: splice.startsAt, from: until, late: until - splice.startsAt });
  }

  /** The first frame that the reader surely has not read, and whether it cannot go on there before we let it. */
  #limit(splice: Splice): { limit: number; resting: boolean } {
    const { ring } = this;
    const playhead = ring.playhead;
    const state = ring.state;
    if (splice.fresh && ring.startPending) return { limit: splice.startsAt, resting: true };
    const end = ring.end;
    if (state === PAUSED || (state === WAITING && end - playhead < PREBUFFER)) return { limit: playhead, resting: true };
    const stop = playhead + FADE_FRAMES + 128 <= ring.stopAt ? ring.stopAt : NEVER;
    const bound = Math.min(end, stop);
    return { limit: Math.min(playhead + this.guard, bound), resting: bound <= playhead + this.guard };
  }

  #plan(splice: Splice): Plan {
    const { limit, resting } = this.#limit(splice);
    const wanted = Math.max(0, splice.startsAt - splice.fadeBefore);
    if (wanted >= limit) {
      // A splice right behind what was sent: the old decoding, 312 frames late, ends before it, and the fade with it.
      const fadeTo = splice.fadeBefore > 0 ? Math.min(splice.startsAt, this.ring.end) : splice.startsAt;
      const from = Math.min(wanted, Math.max(fadeTo - splice.fadeBefore, limit));
      return { from, fadeTo: Math.max(from, fadeTo), late: 0 };
    }
    if (resting) {
      const from = Math.max(splice.startsAt, limit);
      return { from, fadeTo: from, late: from - splice.startsAt };
    }
    // Where nothing lies there is nothing to fade from: a fade beyond the ring's end would come out of silence.
    return { from: limit, fadeTo: Math.min(limit + LATE_FADE, this.ring.end), late: limit - wanted };
  }

  #join(force: boolean): void {
    const splice = this.#splice!;
    const plan = this.#plan(splice);
    const last = this.#pieces.at(-1);
    const available = last === undefined ? 0 : last.start + last.samples.length / 2;
    if (available <= plan.from || (!force && available < plan.fadeTo)) return this.#forget(plan.from);
    const missed = plan.late > 0 && !splice.redecoded && (this.#missed || this.#pieces.some((piece) => this.#differs(piece, plan.fadeTo)));
    this.#splice = null;
    this.#fade = { from: plan.from, to: plan.fadeTo };
    const pieces = this.#pieces;
    this.#pieces = [];
    for (const piece of pieces) this.#append(after(piece, plan.from));
    const overtaken = this.ring.state === RUNNING && !this.ring.startPending ? this.ring.playhead - plan.from : 0;
    const late = overtaken > 0 ? plan.late + overtaken : missed ? plan.late : 0;
    this.onJoin({ epoch: splice.epoch, startsAt: splice.startsAt, from: plan.from, late });
  }

  /** Drop pieces that can no longer be heard. */
  #forget(from: number): void {
    while (this.#pieces.length > 0 && pieceEnd(this.#pieces[0]!) <= from) {
      const piece = this.#pieces.shift()!;
      this.#missed ||= this.#differs(piece, from);
    }
  }

  /** Whether what was played instead of a piece, before `from`, is different (after a reconnection it is the same). */
  #differs({ start, samples }: Piece, from: number): boolean {
    const { samples: ring, end } = this.ring;
    const stop = Math.min(start + samples.length / 2, from);
    for (let frame = start; frame < stop; frame++) {
      const at = (frame % CAPACITY) * 2;
      const own = (frame - start) * 2;
      if (frame < 0 || frame >= end || frame < end - CAPACITY) return true;
      if (ring[at] !== samples[own] || ring[at + 1] !== samples[own + 1]) return true;
    }
    return false;
  }

  #append({ start, samples }: Piece): void {
    const { ring } = this;
    const frames = samples.length / 2;
    // The reader was asleep while a room went on: what it would have to read before this never comes any more.
    if (start > ring.end && start >= ring.playhead + CAPACITY) this.#restart(start);
    const room = ring.playhead + CAPACITY - start;
    if (frames > room) this.overflow += frames - Math.max(0, room);
    const stop = start + Math.min(frames, Math.max(0, room));
    if (stop <= start) return;
    if (start > ring.end) this.#silence(ring.end, start);
    this.#copy(start, stop, samples);
    ring.end = stop;
    if (stop >= this.#finalAt) this.#end(this.#finalAt);
  }

  #restart(at: number): void {
    this.ring.end = at;
    this.ring.start(at);
  }

  /** Write samples, faded in over what is still in the ring; a plan's fade never reaches beyond the end of what was there. */
  #copy(start: number, stop: number, samples: Float32Array): void {
    const ring = this.ring.samples;
    const { from, to } = this.#fade;
    let frame = start;
    for (; frame < stop && frame < to; frame++) {
      const at = (frame % CAPACITY) * 2;
      const own = (frame - start) * 2;
      const gain = frame < from ? 0 : (frame - from + 0.5) / (to - from);
      for (const channel of [0, 1]) {
        const old = ring[at + channel]!;
        ring[at + channel] = old + (samples[own + channel]! - old) * gain;
      }
    }
    while (frame < stop) {
      const at = frame % CAPACITY;
      const run = Math.min(stop - frame, CAPACITY - at);
      ring.set(samples.subarray((frame - start) * 2, (frame - start + run) * 2), at * 2);
      frame += run;
    }
  }

  #silence(from: number, to: number): void {
    for (let frame = Math.max(from, to - CAPACITY); frame < to; frame++) {
      this.ring.samples.fill(0, (frame % CAPACITY) * 2, (frame % CAPACITY) * 2 + 2);
    }
  }

  #end(at: number): void {
    this.ring.end = at;
    this.ring.final = true;
  }
}

const pieceEnd = (piece: Piece): number => piece.start + piece.samples.length / 2;

function after(piece: Piece, from: number): Piece {
  const skip = Math.min(Math.max(0, from - piece.start), piece.samples.length / 2);
  return { start: piece.start + skip, samples: piece.samples.subarray(skip * 2) };
}
