/**
 * What the worklet does for each block: reads the ring at its playhead, and fades where the listener (not the stream) begins or rests.
 *
 * Pausing, resuming, running dry and jumping fade over 256 frames; the end of the song and a start from stop do not, for they are in
 * the audio itself. When nothing is left to read the playhead stops: audio is delayed, never skipped. In a room it is otherwise: there
 * the room's clock says what is to be read, so a reader waits until it is time, skips what the others have heard, and is tuned.
 */
import { CAPACITY, HOLD, NEVER, PAUSED, type Ring, RUNNING, WAITING } from './ring';
import { Tuner } from './tuner';

export const FADE_FRAMES = 256;

/** Frames that must lie ahead before a reader that waits goes on: two quanta. */
export const PREBUFFER = 1920;

export class Reader {
  /** Whether the last block was touched by a fade of the listener's, or by its being tuned. */
  faded = false;
  /** The stream frame that the last block's first frame of the stream was. */
  from = 0;
  /** Silent frames at the beginning of the last block, before the stream's. */
  silent = 0;
  #playhead: number;
  #state = WAITING;
  /** How open the fade is: 0 is silent, FADE_FRAMES is untouched. */
  #open = FADE_FRAMES;
  #leaving = false;
  #jumping = false;
  #dry = false;
  /** Samples that the last block read more than it put out. */
  #gained = 0;
  readonly #tuner = new Tuner();

  constructor(private readonly ring: Ring) {
    this.#playhead = ring.playhead;
  }

  /** Fill a block that begins at a frame of the audio context; returns how many of its frames are the stream's (the rest is silence). */
  read(left: Float32Array, right: Float32Array, contextFrame = 0): number {
    this.#follow();
    this.faded = false;
    this.silent = 0;
    this.#gained = 0;
    const due = this.#due(contextFrame);
    if (this.#state !== RUNNING && !this.#start(due, left.length)) {
      left.fill(0);
      right.fill(0);
      if (this.#dry) this.ring.countSilence(left.length);
      return 0;
    }
    this.from = this.#playhead;
    const done = this.silent > 0 ? this.#runLater(left, right) : this.#go(left, right, due);
    left.fill(0, this.silent + done);
    right.fill(0, this.silent + done);
    this.#playhead += done + this.#gained;
    this.ring.playhead = this.#playhead;
    this.ring.drift = this.#playhead - contextFrame - left.length;
    return done;
  }

  /** The stream frame that the room's clock has at the block's first; null where there is no such clock, HOLD if it is not known. */
  #due(contextFrame: number): number | null {
    const { sync } = this.ring;
    return sync === NEVER ? null : sync === HOLD ? HOLD : sync + contextFrame;
  }

  /** Take note of a start: a resting reader jumps there, one that runs fades out first. */
  #follow(): void {
    if (!this.ring.startPending) return;
    this.#leaving = this.#state === RUNNING && this.#open > 0;
    if (this.#leaving) return;
    this.ring.acceptStart();
    this.#playhead = this.ring.playhead;
    this.#open = FADE_FRAMES;
    this.#jumping = false;
    this.#dry = false;
    this.#become(WAITING);
  }

  #go(left: Float32Array, right: Float32Array, due: number | null): number {
    if (this.#leaving) return this.#leave(left, right);
    const step = due === null || this.#jumping ? 0 : this.#tuner.step(due - this.#playhead);
    if (step === 'jump') this.#jumping = true;
    else if (step !== 0 && this.#isOpenFor(left.length + 1)) return this.#glide(left, right, step);
    const done = this.#run(left, right);
    if (this.#jumping && this.#open === 0) {
      this.#jumping = false;
      this.#become(WAITING);
    }
    return done;
  }

  /** Fade out what was played until now, whatever the writer says of it. */
  #leave(left: Float32Array, right: Float32Array): number {
    const { samples } = this.ring;
    let i = 0;
    for (; i < left.length && this.#open > 0; i++) {
      const at = ((this.#playhead + i) % CAPACITY) * 2;
      const gain = this.#gain(true);
      left[i] = samples[at]! * gain;
      right[i] = samples[at + 1]! * gain;
    }
    return i;
  }

  #start(due: number | null, frames: number): boolean {
    if (due !== null && !this.#meet(due, frames)) return this.#become(this.#playhead >= this.ring.stopAt ? PAUSED : WAITING), false;
    const { end, final, stopAt } = this.ring;
    const ahead = end - this.#playhead;
    if (this.#playhead >= stopAt) return this.#become(PAUSED), false;
    if (ahead <= 0 || (ahead < PREBUFFER && !final)) return this.#become(WAITING), false;
    this.#dry = false;
    this.#become(RUNNING);
    return true;
  }

  /** Skip what the others have heard, as far as there is something, or wait for them; whether this block is the one to begin in. */
  #meet(due: number, frames: number): boolean {
    if (due === HOLD) return false;
    const { end, stopAt } = this.ring;
    const to = Math.min(due, end, stopAt);
    if (to > this.#playhead) {
      this.#playhead = this.ring.playhead = to;
      this.#open = 0;
    }
    const early = this.#playhead - due;
    this.silent = early > 0 && early < frames ? early : 0;
    return early >= 0 && early < frames;
  }

  #runLater(left: Float32Array, right: Float32Array): number {
    left.fill(0, 0, this.silent);
    right.fill(0, 0, this.silent);
    return this.#run(left.subarray(this.silent), right.subarray(this.silent));
  }

  #run(left: Float32Array, right: Float32Array): number {
    const { end } = this.ring;
    const frames = left.length;
    if (this.#isOpenFor(frames)) {
      this.#copy(left, right, frames);
      return frames;
    }
    return this.#runSlowly(left, right, end, this.ring.stopAt, this.#quietFrom());
  }

  /** The frame from which on a fade closes. */
  #quietFrom(): number {
    const { end, stopAt, final } = this.ring;
    return this.#jumping ? 0 : Math.min(stopAt, final ? Infinity : end) - FADE_FRAMES;
  }

  /** Whether so many frames can be read without any fade. */
  #isOpenFor(frames: number): boolean {
    return this.#open === FADE_FRAMES && this.#playhead + frames <= Math.min(this.#quietFrom(), this.ring.end);
  }

  /** Gain or lose one sample: over the block each sample glides into the one after it, or before it. */
  #glide(left: Float32Array, right: Float32Array, step: -1 | 1): number {
    const { samples } = this.ring;
    for (let i = 0; i < left.length; i++) {
      const at = ((this.#playhead + i) % CAPACITY) * 2;
      const to = ((this.#playhead + i + step + CAPACITY) % CAPACITY) * 2;
      const share = (i + 0.5) / left.length;
      left[i] = samples[at]! + (samples[to]! - samples[at]!) * share;
      right[i] = samples[at + 1]! + (samples[to + 1]! - samples[at + 1]!) * share;
    }
    this.faded = true;
    this.#gained = step;
    return left.length;
  }

  #copy(left: Float32Array, right: Float32Array, frames: number): void {
    const { samples } = this.ring;
    for (let i = 0; i < frames; i++) {
      const at = ((this.#playhead + i) % CAPACITY) * 2;
      left[i] = samples[at]!;
      right[i] = samples[at + 1]!;
    }
  }

  #runSlowly(left: Float32Array, right: Float32Array, end: number, stopAt: number, quiet: number): number {
    const { samples, final } = this.ring;
    for (let i = 0; i < left.length; i++) {
      const frame = this.#playhead + i;
      if (frame >= stopAt && this.#open === 0) return this.#become(PAUSED), i;
      if (frame >= end) return this.#runDry(final, frame >= stopAt), i;
      const at = (frame % CAPACITY) * 2;
      const gain = this.#gain(frame >= quiet);
      left[i] = samples[at]! * gain;
      right[i] = samples[at + 1]! * gain;
    }
    return left.length;
  }

  /** One frame's gain: frame i of n takes (i + 0.5) / n on the way in, and its mirror on the way out. */
  #gain(closing: boolean): number {
    if (closing) {
      this.faded = true;
      if (this.#open === 0) return 0;
      this.#open--;
      return (this.#open + 0.5) / FADE_FRAMES;
    }
    if (this.#open === FADE_FRAMES) return 1;
    this.faded = true;
    this.#open++;
    return (this.#open - 0.5) / FADE_FRAMES;
  }

  #runDry(final: boolean, stopping: boolean): void {
    this.#become(stopping ? PAUSED : WAITING);
    this.#jumping = false;
    if (final && !stopping) return;
    this.#open = 0;
    if (stopping) return;
    this.#dry = true;
    this.ring.countUnderrun();
  }

  #become(state: number): void {
    if (this.#state === state) return;
    this.#state = state;
    this.ring.state = state;
  }
}
