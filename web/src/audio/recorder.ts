/** Records what the worklet puts out, for tests: samples, and for each block the stream frame it began at. */

const HEADER_BYTES = 16;
const BLOCK_FIELDS = 5;
/** Blocks are 128 frames or fewer; short ones are rare. */
const FRAMES_PER_BLOCK = 96;

export interface Recording {
  /** Interleaved stereo: only frames that were the stream's, in the order they were played. */
  readonly samples: Float32Array;
  /**
   * Per block: the stream frame of its first sample, how many frames, whether a fade of the listener's touched it, and when it was
   * put out: the audio context's frame, and the wall clock in milliseconds.
   */
  readonly blocks: { start: number; frames: number; faded: boolean; contextFrame: number; wallMs: number }[];
  /** Whether the space was used up: later frames are missing. */
  readonly full: boolean;
}

export const recordingBytes = (seconds: number): number => {
  const frames = seconds * 48_000;
  return HEADER_BYTES + Math.ceil(frames / FRAMES_PER_BLOCK) * BLOCK_FIELDS * 8 + frames * 8;
};

export class Recorder {
  readonly #counts: Int32Array;
  readonly #blocks: Float64Array;
  readonly #samples: Float32Array;

  constructor(readonly buffer: SharedArrayBuffer | ArrayBuffer) {
    const perBlock = BLOCK_FIELDS * 8 + FRAMES_PER_BLOCK * 8;
    const blocks = Math.floor((buffer.byteLength - HEADER_BYTES) / perBlock);
    this.#counts = new Int32Array(buffer, 0, 3);
    this.#blocks = new Float64Array(buffer, HEADER_BYTES, blocks * BLOCK_FIELDS);
    this.#samples = new Float32Array(buffer, HEADER_BYTES + blocks * BLOCK_FIELDS * 8, blocks * FRAMES_PER_BLOCK * 2);
  }

  add(start: number, frames: number, faded: boolean, left: Float32Array, right: Float32Array, contextFrame: number): void {
    const at = Atomics.load(this.#counts, 0);
    const block = Atomics.load(this.#counts, 1);
    if ((at + frames) * 2 > this.#samples.length || (block + 1) * BLOCK_FIELDS > this.#blocks.length) {
      Atomics.store(this.#counts, 2, 1);
      return;
    }
    for (let i = 0; i < frames; i++) {
      this.#samples[(at + i) * 2] = left[i]!;
      this.#samples[(at + i) * 2 + 1] = right[i]!;
    }
    this.#blocks.set([start, frames, Number(faded), contextFrame, Date.now()], block * BLOCK_FIELDS);
    Atomics.store(this.#counts, 0, at + frames);
    Atomics.store(this.#counts, 1, block + 1);
  }

  read(): Recording {
    const count = Atomics.load(this.#counts, 1);
    const blocks = Array.from({ length: count }, (_, i) => {
      const [start, frames, faded, contextFrame, wallMs] = this.#blocks.subarray(i * BLOCK_FIELDS, (i + 1) * BLOCK_FIELDS);
      return { start: start!, frames: frames!, faded: faded === 1, contextFrame: contextFrame!, wallMs: wallMs! };
    });
    const frames = blocks.reduce((sum, block) => sum + block.frames, 0);
    return { samples: this.#samples.slice(0, frames * 2), blocks, full: Atomics.load(this.#counts, 2) === 1 };
  }
}
