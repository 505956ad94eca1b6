/** How a reader that is not where the room's clock has it gets there: not at all, sample by sample, or by a jump. */

/** Frames that are left alone (1 ms), and beyond which single samples would take too long (5 ms). */
export const LEFT_ALONE = 48;
export const JUMP = 240;

/** Blocks in which one sample is gained or lost: 2 in 1000, which nobody hears as pitch. */
const BLOCKS = 4;

export class Tuner {
  #tuning = false;
  #blocks = 0;

  /** How many samples more than it puts out the reader is to read in this block, if it lags by so many frames. */
  step(lag: number): -1 | 0 | 1 | 'jump' {
    const off = Math.abs(lag);
    if (off > JUMP) {
      this.#tuning = false;
      return 'jump';
    }
    this.#tuning = off > (this.#tuning ? 1 : LEFT_ALONE);
    this.#blocks++;
    if (!this.#tuning || this.#blocks % BLOCKS !== 0) return 0;
    return lag > 0 ? 1 : -1;
  }
}
