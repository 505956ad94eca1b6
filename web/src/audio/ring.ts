/**
 * The ring between the thread that receives audio and the one that plays it, addressed by stream time.
 *
 * One buffer (shared between threads where the page is cross-origin isolated) holds a few words and interleaved stereo samples.
 * Stream frame `f` lies at `f % CAPACITY`. The writer owns `end`, `stopAt`, `final`, `sync` and the asking for
 * starts; the reader owns the others.
 */

/** Frames that fit: 5.4 seconds, a power of two. */
export const CAPACITY = 1 << 18;

/** A frame that no stream reaches. */
export const NEVER = 2 ** 52;

/** In place of a frame: in a room whose clock is not known here yet. */
export const HOLD = -(2 ** 52);

/** What the reader is doing. */
export const WAITING = 0;
export const RUNNING = 1;
export const PAUSED = 2;

const FRAME_WORDS = ['playhead', 'end', 'stopAt', 'freshAt', 'sync', 'drift'] as const;
const FLAG_WORDS = ['state', 'final', 'underruns', 'underrunFrames', 'starts', 'started'] as const;
const FLAGS_AT = 64;
const SAMPLES_AT = 128;

export const RING_BYTES = SAMPLES_AT + CAPACITY * 2 * 4;

const frameWord = (name: (typeof FRAME_WORDS)[number]) => FRAME_WORDS.indexOf(name);
const flagWord = (name: (typeof FLAG_WORDS)[number]) => FLAG_WORDS.indexOf(name);
const [PLAYHEAD, END, STOP_AT, FRESH_AT] = [frameWord('playhead'), frameWord('end'), frameWord('stopAt'), frameWord('freshAt')];
const [SYNC, DRIFT] = [frameWord('sync'), frameWord('drift')];
const [STATE, FINAL, UNDERRUNS, UNDERRUN_FRAMES] = [flagWord('state'), flagWord('final'), flagWord('underruns'), flagWord('underrunFrames')];
const [STARTS, STARTED] = [flagWord('starts'), flagWord('started')];

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
    ring.sync = NEVER;
    return ring;
  }

  /** The next frame to be read: where the reader is, or where it was told to start. */
  get playhead(): number { return this.startPending ? this.freshAt : this.#frame(PLAYHEAD); }
  set playhead(frame: number) { this.#setFrame(PLAYHEAD, frame); }

  /** The first frame that is not there yet. */
  get end(): number { return this.#frame(END); }
  set end(frame: number) { this.#setFrame(END, frame); }

  /** The frame at which the reader rests (a pause or a stop), or NEVER. */
  get stopAt(): number { return this.#frame(STOP_AT); }
  set stopAt(frame: number) { this.#setFrame(STOP_AT, frame); }

  /** The stream frame that is to be read at the audio context's frame 0; NEVER for whoever is alone, HOLD while it is not known. */
  get sync(): number { return this.#frame(SYNC); }
  set sync(frame: number) { this.#setFrame(SYNC, frame); }

  /** The stream frame that would have been read at the context's frame 0, if it is read on as it is read now. */
  get drift(): number { return this.#frame(DRIFT); }
  set drift(frame: number) { this.#setFrame(DRIFT, frame); }

  /** Where the latest start from stop begins. */
  get freshAt(): number { return this.#frame(FRESH_AT); }

  /** Ask the reader to leave what it plays and to start, without a fade, at `frame`: of this stream or of another. */
  start(frame: number): void {
    this.#setFrame(FRESH_AT, frame);
    Atomics.add(this.#flags, STARTS, 1);
  }

  /** Whether the reader has yet to go where the latest start begins. */
  get startPending(): boolean { return Atomics.load(this.#flags, STARTS) !== Atomics.load(this.#flags, STARTED); }

  /** The reader has gone there. */
  acceptStart(): void {
    this.playhead = this.freshAt;
    Atomics.store(this.#flags, STARTED, Atomics.load(this.#flags, STARTS));
  }

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
