/** Meter rows wait here for their frame to be heard; then they say how high each needle must go. Outside the framework on purpose. */
import type { ClientMessage, Meters, Scope } from '../wire/messages';
import { Scopes } from './scopes';

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
const METER_HZ = 30;
const SCOPE_HZ = 20;
/** In LUFS, LU and dBTP; SILENT is none. */
export interface Loudness {
  momentary: number;
  shortTerm: number;
  integrated: number;
  rangeLu: number;
  maxTruePeak: number;
  correlation: number;
}

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
  /** The columns behind those of the lanes, as the server names them. */
  #buses: readonly string[] = [];
  readonly scopes = new Scopes();
  /** How many views show the scope: it is computed only for those. */
  scopesShown = 0;

  get subscription(): ClientMessage { return { type: 'subscribe', meters: METER_HZ, scope: this.scopesShown > 0 ? SCOPE_HZ : 0 }; }

  clear(buses: readonly string[] = this.#buses): void {
    this.#buses = buses;
    this.#rows = [];
    this.#now = [];
    this.scopes.clear();
  }

  add(message: Meters | Scope): void {
    if (message.type === 'scope') {
      this.scopes.add(message);
      return;
    }
    const { rows, tracks } = message;
    this.#rows.push(...rows.map(([frame, values]) => ({ frame, tracks, values })));
    if (this.#rows.length > MOST_ROWS) this.#rows.splice(0, this.#rows.length - MOST_ROWS);
  }

  /** What was announced from this frame on will sound otherwise. */
  void(from: number): void {
    this.#rows = this.#rows.filter(({ frame }) => frame < from);
    this.scopes.void(from);
  }

  /** Take all rows up to the heard frame: peaks are the highest of them, the rest the latest. */
  advance(heardFrame: number, moving: boolean): void {
    this.scopes.advance(heardFrame, moving);
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

  /** The return of an effect. */
  effect(kind: 'reverb' | 'delay'): StripLevel {
    return { left: this.#bus(`${kind}/peak_l`) ?? SILENT, right: this.#bus(`${kind}/peak_r`) ?? SILENT, rms: SILENT, reductionDb: 0 };
  }

  get master(): StripLevel & { rmsRight: number } {
    return {
      left: this.#bus('master/peak_l') ?? SILENT,
      right: this.#bus('master/peak_r') ?? SILENT,
      rms: this.#bus('master/rms_l') ?? SILENT,
      rmsRight: this.#bus('master/rms_r') ?? SILENT,
      reductionDb: Math.abs(this.#bus('master/gain_reduction_db') ?? 0),
    };
  }

  /** Null while nothing is heard. */
  get loudness(): Loudness | null {
    const integrated = this.#bus('master/integrated');
    if (integrated === undefined) return null;
    return {
      momentary: this.#bus('master/momentary') ?? SILENT,
      shortTerm: this.#bus('master/short_term') ?? SILENT,
      integrated,
      rangeLu: this.#bus('master/range_lu') ?? 0,
      maxTruePeak: this.#bus('master/max_true_peak') ?? SILENT,
      correlation: this.#bus('master/correlation') ?? 0,
    };
  }

  /** By how much a band of the multiband compressor turns down. */
  bandReduction(band: number): number { return Math.abs(this.#bus(`master/multiband/${String(band)}/gain_reduction_db`) ?? 0); }

  /** The strip of a group, by its lane. */
  group(lane: number): StripLevel {
    const at = (name: string) => this.#bus(`group/${String(lane + 1)}/${name}`) ?? SILENT;
    return { left: at('peak_l'), right: at('peak_r'), rms: at('rms'), reductionDb: 0 };
  }

  #bus(name: string): number | undefined {
    const column = this.#buses.indexOf(name);
    return column < 0 ? undefined : this.#now[Object.keys(TRACK_BLOCKS).length * this.#tracks + column];
  }

  #peakColumns(): number[] {
    const first = Object.keys(TRACK_BLOCKS).length * this.#tracks;
    const peaks = this.#buses.flatMap((name, column) => (/peak_[lr]$/.test(name) ? [first + column] : []));
    return [...Array(this.#tracks * 2).keys(), ...peaks.filter((column) => column < this.#now.length)];
  }
}
