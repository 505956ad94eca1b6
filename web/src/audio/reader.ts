/**
 * What the worklet does for each block: reads the ring at its playhead, and fades where the listener (not the stream) begins or rests.
 *
 * Pausing, resuming and running dry fade over 256 frames; the end of the song and a start from stop do not, for they are in the
 * audio itself. When nothing is left to read the playhead stops: audio is delayed, never skipped.
 */
import { CAPACITY, PAUSED, type Ring, RUNNING, WAITING } from './ring';

export const FADE_FRAMES = 256;

/** Frames that must lie ahead before a reader that waits goes on: two quanta. */
export const PREBUFFER = 1920;

export class Reader {
  /** Whether the last block was touched by a fade of the listener's. */
  faded = false;
  #playhead: number;
  #state = WAITING;
  /** How open the fade is: 0 is silent, FADE_FRAMES is untouched. */
  #open = FADE_FRAMES;
  #leaving = false;
  #dry = false;

  constructor(private readonly ring: Ring) {
    this.#playhead = ring.playhead;
  }

  /** Fill a block; returns how many of its frames are the stream's (the rest is silence). */
  read(left: Float32Array, right: Float32Array): number {
    this.#follow();
    this.faded = false;
    if (this.#state !== RUNNING && !this.#start()) {
      left.fill(0);
      right.fill(0);
      if (this.#dry) this.ring.countSilence(left.length);
      return 0;
    }
    const done = this.#leaving ? this.#leave(left, right) : this.#run(left, right);
    left.fill(0, done);
    right.fill(0, done);
    this.#playhead += done;
    this.ring.playhead = this.#playhead;
    return done;
  }

  /** Take note of a start: a resting reader jumps there, one that runs fades out first. */
  #follow(): void {
    if (!this.ring.startPending) return;
    this.#leaving = this.#state === RUNNING && this.#open > 0;
    if (this.#leaving) return;
    this.ring.acceptStart();
    this.#playhead = this.ring.playhead;
    this.#open = FADE_FRAMES;
    this.#dry = false;
    this.#become(WAITING);
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

  #start(): boolean {
    const { end, final, stopAt } = this.ring;
    const ahead = end - this.#playhead;
    if (this.#playhead >= stopAt) return this.#become(PAUSED), false;
    if (ahead <= 0 || (ahead < PREBUFFER && !final)) return this.#become(WAITING), false;
    this.#dry = false;
    this.#become(RUNNING);
    return true;
  }

  #run(left: Float32Array, right: Float32Array): number {
    const { end, stopAt, final } = this.ring;
    const quiet = Math.min(stopAt, final ? Infinity : end) - FADE_FRAMES;
    const frames = left.length;
    if (this.#open === FADE_FRAMES && this.#playhead + frames <= Math.min(quiet, end)) {
      this.#copy(left, right, frames);
      return frames;
    }
    return this.#runSlowly(left, right, end, stopAt, quiet);
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
