/** Waveform peaks from the server, fetched by windows when a lane needs them and kept while the song is open. */
import { fetchPeaks } from '../wire/api';

/** Frames per bin of each level, as the server makes them. */
export const LEVELS = [256, 2048, 16_384] as const;

/** min, max, RMS of the left channel, then of the right. */
const COLUMNS = 6;
const ROW_BYTES = COLUMNS * 2;

/** Bins that are fetched at once: 48 kB. */
const WINDOW = 4096;

/** Windows that are kept; the one not used for longest goes first. 25 MB. */
const MOST_WINDOWS = 512;

export interface Peak {
  low: number;
  high: number;
}

/** The coarsest level that still has a bin for each bar. */
export function levelFor(framesPerBar: number): number {
  for (let level = LEVELS.length - 1; level > 0; level--) if (LEVELS[level]! <= framesPerBar) return level;
  return 0;
}

export class Peaks {
  readonly #windows = new Map<string, Int16Array | 'coming'>();

  constructor(
    private readonly project: string,
    private readonly arrived: () => void,
    private readonly fetcher: typeof fetchPeaks = fetchPeaks,
  ) {}

  /** The extremes of both channels over frames `from` to `to` of a stem, 0 where they are not here yet (they are asked for). */
  range(stem: string, level: number, from: number, to: number): Peak {
    const bins = LEVELS[level]!;
    const first = Math.floor(from / bins);
    const last = Math.max(first, Math.ceil(to / bins) - 1);
    let low = 0;
    let high = 0;
    for (let bin = first; bin <= last; bin++) {
      const rows = this.#window(stem, level, Math.floor(bin / WINDOW));
      const at = (bin % WINDOW) * COLUMNS;
      if (rows === null || at + COLUMNS > rows.length) continue;
      low = Math.min(low, rows[at]!, rows[at + 3]!);
      high = Math.max(high, rows[at + 1]!, rows[at + 4]!);
    }
    return { low: low / 32_767, high: high / 32_767 };
  }

  #window(stem: string, level: number, number: number): Int16Array | null {
    const key = `${stem} ${String(level)} ${String(number)}`;
    const known = this.#windows.get(key);
    if (known === 'coming') return null;
    if (known !== undefined) {
      this.#windows.delete(key);
      this.#windows.set(key, known);
      return known;
    }
    this.#windows.set(key, 'coming');
    void this.#fetch(key, stem, level, number);
    return null;
  }

  async #fetch(key: string, stem: string, level: number, number: number): Promise<void> {
    const first = number * WINDOW * ROW_BYTES;
    try {
      this.#windows.set(key, await this.fetcher(this.project, stem, level, first, first + WINDOW * ROW_BYTES - 1));
      if (this.#windows.size > MOST_WINDOWS) this.#windows.delete(this.#windows.keys().next().value!);
      this.arrived();
    } catch {
      // Asked for again when the lane is painted next, but not at once: the server may be away.
      setTimeout(() => {
        this.#windows.delete(key);
        this.arrived();
      }, 3000);
    }
  }
}
