/** Scope rows wait here for their frame to be heard: the spectrum and the goniometer's points as they are now. */
import type { Scope, ScopeRow } from '../wire/messages';

/** Rows beyond this are of no use: ten seconds at 60 a second. */
const MOST_ROWS = 600;

export class Scopes {
  #rows: ScopeRow[] = [];
  #now: ScopeRow | null = null;

  /** Levels in thirds of an octave from 20 Hz on, in dB; empty while nothing is heard. */
  get bands(): readonly number[] { return this.#now?.[1] ?? []; }

  /** Points as mid and side. */
  get points(): readonly (readonly [mid: number, side: number])[] { return this.#now?.[2] ?? []; }

  clear(): void {
    this.#rows = [];
    this.#now = null;
  }

  add({ rows }: Scope): void {
    this.#rows.push(...rows);
    if (this.#rows.length > MOST_ROWS) this.#rows.splice(0, this.#rows.length - MOST_ROWS);
  }

  /** What was announced from this frame on will sound otherwise. */
  void(from: number): void {
    this.#rows = this.#rows.filter(([frame]) => frame <= from);
  }

  /** Take all rows up to the heard frame; the latest counts. */
  advance(heardFrame: number, moving: boolean): void {
    const due = this.#rows.findIndex(([frame]) => frame > heardFrame);
    const taken = this.#rows.splice(0, due < 0 ? this.#rows.length : due);
    this.#now = moving ? (taken.at(-1) ?? this.#now) : null;
  }
}
