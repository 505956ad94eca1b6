/** Bypassing a whole strip: its stages go out as one movement of the hand, and those that were in come back as one. */
import { SvelteMap } from 'svelte/reactivity';
import type { Value } from '../desk/mix';
import type { Desk } from './desk.svelte';

/** It is there for the listener's ears, and stays. */
const KEPT = 'limiter/on';

type Strip = 'master' | `tracks/${string}` | `effects/${string}`;

export class Bypass {
  /** What was in, by strip, and its value. */
  readonly #were = new SvelteMap<string, readonly (readonly [path: string, value: Value])[]>();

  constructor(private readonly desk: Desk) {}

  clear(): void { this.#were.clear(); }

  /** Whether a strip was bypassed, and still is. */
  isOut(strip: Strip): boolean { return this.#were.has(strip) && this.#in(strip).length === 0; }

  /** Why there is nothing to bypass; null if there is something. */
  refused(strip: Strip): string | null {
    return this.#in(strip).length > 0 || this.isOut(strip) ? null : 'No stage is in: there is nothing to bypass.';
  }

  toggle(strip: Strip): void {
    const { desk } = this;
    if (!desk.free() || this.refused(strip) !== null) return;
    const gesture = desk.gesture();
    const isOut = this.isOut(strip);
    const moved = isOut ? this.#were.get(strip)! : this.#in(strip);
    for (const [path, value] of moved) desk.set(path, isOut ? value : this.#out(path), gesture);
    if (isOut) this.#were.delete(strip);
    else this.#were.set(strip, moved);
  }

  /** The places of a strip that do something now. */
  #in(strip: Strip): (readonly [string, Value])[] {
    const { desk } = this;
    if (strip.startsWith('effects/')) {
      const path = `${strip}/return_db`;
      return desk.number(path) > Number(this.#out(path)) ? [[path, desk.number(path)]] : [];
    }
    const names = desk.catalogue.stages(strip === 'master' ? 'master' : 'track').filter((name) => name !== KEPT);
    return names.map((name) => `${strip}/${name}`).filter((path) => desk.on(path)).map((path) => [path, true] as const);
  }

  /** A stage out, or the return of an effect down. */
  #out(path: string): Value { return path.endsWith('/on') ? false : this.desk.row(path).low; }
}
