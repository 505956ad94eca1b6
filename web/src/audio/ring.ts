/**
 * The ring between the thread that receives audio and the one that plays it, addressed by stream time.
 *
 * One buffer (shared between threads where the page is cross-origin isolated) holds a few words and interleaved stereo samples.
 * Stream frame `f` lies at `f % CAPACITY`. The writer owns `end`, `stopAt`, `freshAt` and `final`; the reader owns the others.
 */

/** Frames that fit: 5.4 seconds, a power of two. */
export const CAPACITY = 1 << 18;

/** A frame that no stream reaches. */
export const NEVER = 2 ** 52;

/** What the reader is doing. */
export const WAITING = 0;
export const RUNNING = 1;
export const PAUSED = 2;

const FRAME_WORDS = ['playhead', 'end', 'stopAt', 'freshAt'] as const;
const FLAG_WORDS = ['state', 'final', 'underruns', 'underrunFrames'] as const;
const FLAGS_AT = 64;
const SAMPLES_AT = 128;

export const RING_BYTES = SAMPLES_AT + CAPACITY * 2 * 4;

const frameWord = (name: (typeof FRAME_WORDS)[number]) => FRAME_WORDS.indexOf(name);
const flagWord = (name: (typeof FLAG_WORDS)[number]) => FLAG_WORDS.indexOf(name);
const [PLAYHEAD, END, STOP_AT, FRESH_AT] = [frameWord('playhead'), frameWord('end'), frameWord('stopAt'), frameWord('freshAt')];
const [STATE, FINAL, UNDERRUNS, UNDERRUN_FRAMES] = [flagWord('state'), flagWord('final'), flagWord('underruns'), flagWord('underrunFrames')];

export class Ring {
  readonly samples: Float32Array;
  readonly #frames: BigInt64Array;
  readonly #flags: Int32Array;

  constructor(readonly buffer: SharedArrayBuffer | ArrayBuffer) {
    this.#frames = new BigInt64Array(buffer, 0, FRAME_WORDS.length);
    this.#flags = new Int32Array(buffer, FLAGS_AT, FLAG_WORDS.length);
    this.samples = new Float32Array(buffer, SAMPLES_AT, CAPACITY * 2);
  }

  /** A new ring: nothing in it, nothing to stop for, no start asked for. */
  static create(shared: boolean): Ring {
    const ring = new Ring(shared ? new SharedArrayBuffer(RING_BYTES) : new ArrayBuffer(RING_BYTES));
    ring.stopAt = NEVER;
    ring.freshAt = -1;
    return ring;
  }

  /** The next frame to be read. */
  get playhead(): number { return this.#frame(PLAYHEAD); }
  set playhead(frame: number) { this.#setFrame(PLAYHEAD, frame); }

  /** The first frame that is not there yet. */
  get end(): number { return this.#frame(END); }
  set end(frame: number) { this.#setFrame(END, frame); }

  /** The frame at which the reader rests (a pause or a stop), or NEVER. */
  get stopAt(): number { return this.#frame(STOP_AT); }
  set stopAt(frame: number) { this.#setFrame(STOP_AT, frame); }

  /** Where a start from stop begins: a resting reader goes there and does not fade in. */
  get freshAt(): number { return this.#frame(FRESH_AT); }
  set freshAt(frame: number) { this.#setFrame(FRESH_AT, frame); }

  get state(): number { return Atomics.load(this.#flags, STATE); }
  set state(state: number) { Atomics.store(this.#flags, STATE, state); }

  /** Whether `end` is the end of the song, not just of what has arrived. */
  get final(): boolean { return Atomics.load(this.#flags, FINAL) === 1; }
  set final(final: boolean) { Atomics.store(this.#flags, FINAL, Number(final)); }

  get underruns(): number { return Atomics.load(this.#flags, UNDERRUNS); }
  get underrunFrames(): number { return Atomics.load(this.#flags, UNDERRUN_FRAMES); }
  countUnderrun(): void { Atomics.add(this.#flags, UNDERRUNS, 1); }
  countSilence(frames: number): void { Atomics.add(this.#flags, UNDERRUN_FRAMES, frames); }

  #frame(word: number): number { return Number(Atomics.load(this.#frames, word)); }
  #setFrame(word: number, frame: number): void { Atomics.store(this.#frames, word, BigInt(frame)); }
}
