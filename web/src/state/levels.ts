/** Meter rows wait here for their frame to be heard; then they say how high each needle must go. Outside the framework on purpose. */
import type { Meters } from '../wire/messages';

export const SILENT = -120;

export interface StripLevel {
  left: number;
  right: number;
  rms: number;
  reductionDb: number;
}

/** Rows beyond this are of no use: ten seconds at 60 a second. */
const MOST_ROWS = 600;

const TRACK_BLOCKS = { left: 0, right: 1, rms: 2, reductionDb: 3 } as const;
const BUS = { reverbLeft: 0, reverbRight: 1, masterLeft: 2, masterRight: 3, rmsLeft: 4, rmsRight: 5, reductionDb: 6 } as const;
/** Behind the other buses: peak left, peak right and RMS of each group. */
const GROUPS = { first: 7, each: 3, count: 4 } as const;

/** One row as it came, for as many tracks as the engine had then: it grows with the desk. */
interface Row {
  frame: number;
  tracks: number;
  values: number[];
}

export class Levels {
  #tracks = 0;
  #rows: Row[] = [];
  #now: number[] = [];

  clear(): void {
    this.#rows = [];
    this.#now = [];
  }

  add({ rows, tracks }: Meters): void {
    this.#rows.push(...rows.map(([frame, values]) => ({ frame, tracks, values })));
    if (this.#rows.length > MOST_ROWS) this.#rows.splice(0, this.#rows.length - MOST_ROWS);
  }

  /** What was announced from this frame on will sound otherwise. */
  void(from: number): void {
    this.#rows = this.#rows.filter(({ frame }) => frame < from);
  }

  /** Take all rows up to the heard frame: peaks are the highest of them, the rest the latest. */
  advance(heardFrame: number, moving: boolean): void {
    if (!moving) {
      this.#now = [];
      return;
    }
    const due = this.#rows.findIndex(({ frame }) => frame > heardFrame);
    const taken = this.#rows.splice(0, due < 0 ? this.#rows.length : due);
    const latest = taken.at(-1);
    if (!latest) return;
    this.#tracks = latest.tracks;
    this.#now = [...latest.values];
    for (const { values } of taken.filter(({ tracks }) => tracks === latest.tracks))
      for (const column of this.#peakColumns()) this.#now[column] = Math.max(this.#now[column]!, values[column]!);
  }

  track(lane: number): StripLevel {
    const at = (block: number) => (lane < this.#tracks ? this.#now[block * this.#tracks + lane] : undefined);
    return {
      left: at(TRACK_BLOCKS.left) ?? SILENT,
      right: at(TRACK_BLOCKS.right) ?? SILENT,
      rms: at(TRACK_BLOCKS.rms) ?? SILENT,
      reductionDb: Math.abs(at(TRACK_BLOCKS.reductionDb) ?? 0),
    };
  }

  get reverb(): StripLevel {
    return { left: this.#bus('reverbLeft') ?? SILENT, right: this.#bus('reverbRight') ?? SILENT, rms: SILENT, reductionDb: 0 };
  }

  get master(): StripLevel & { rmsRight: number } {
    return {
      left: this.#bus('masterLeft') ?? SILENT,
      right: this.#bus('masterRight') ?? SILENT,
      rms: this.#bus('rmsLeft') ?? SILENT,
      rmsRight: this.#bus('rmsRight') ?? SILENT,
      reductionDb: Math.abs(this.#bus('reductionDb') ?? 0),
    };
  }

  group(lane: number): StripLevel {
    const at = (column: number) => this.#now[this.#buses + GROUPS.first + GROUPS.each * lane + column] ?? SILENT;
    return { left: at(0), right: at(1), rms: at(2), reductionDb: 0 };
  }

  get #buses(): number { return Object.keys(TRACK_BLOCKS).length * this.#tracks; }

  #bus(column: keyof typeof BUS): number | undefined { return this.#now[this.#buses + BUS[column]]; }

  #peakColumns(): number[] {
    const groups = [...Array(GROUPS.count).keys()].map((lane) => GROUPS.first + GROUPS.each * lane);
    const buses = [BUS.reverbLeft, BUS.reverbRight, BUS.masterLeft, BUS.masterRight, ...groups, ...groups.map((column) => column + 1)];
    return [...Array(this.#tracks * 2).keys(), ...buses.map((column) => this.#buses + column)];
  }
}
