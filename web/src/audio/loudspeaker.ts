/**
 * When what the audio context makes is heard: pairs of context time and clock time, of which the middle one counts.
 *
 * The pairs jitter by the device's blocks, and one that was read late says too late a time.
 */

const REMEMBERED = 21;
const TRUSTED = 9;

export class Loudspeaker {
  #zeros: number[] = [];

  /** Frame `contextTime` (in seconds) of the context is heard at `us`, in microseconds of our clock. */
  add(contextTime: number, us: number): void {
    this.#zeros = [...this.#zeros.slice(1 - REMEMBERED), us - contextTime * 1e6];
  }

  /** When the context's first frame was, or would have been, heard; null while there is too little to say it from. */
  get zeroUs(): number | null {
    if (this.#zeros.length < TRUSTED) return null;
    return this.#zeros.toSorted((a, b) => a - b)[this.#zeros.length >> 1]!;
  }

  /** The context was suspended or has woken up: its time stood still meanwhile. */
  forget(): void {
    this.#zeros = [];
  }
}

/** Read a running context's pair; where the browser has no output timestamps, what its latency says. */
export function heardNow(context: AudioContext, origin: number, now: number): [contextTime: number, us: number] {
  const { contextTime = 0, performanceTime = 0 } = context.getOutputTimestamp();
  if (contextTime > 0 && performanceTime > 0) return [contextTime, (origin + performanceTime) * 1000];
  return [context.currentTime - (context.outputLatency || context.baseLatency), (origin + now) * 1000];
}
