/** Equal loudness of two sides: both are rendered and measured on the server, and the louder one is turned down. */
import { type Level, levelsOf, type SideName } from '../desk/compare';
import { Inquiry } from './inquiry.svelte';
import type { Notices } from './notices.svelte';

const MOST_KNOWN = 64;

export class Balance {
  on = $state(false);
  /** What the sides were measured at; of an older desk, while they are measured anew. */
  levels = $state<Record<SideName, Level> | null>(null);
  readonly inquiry: Inquiry;
  /** Pairs that were measured; a desk that is worked on makes a new one with each comparison, so old ones are forgotten. */
  readonly #known = new Map<string, readonly [Level, Level]>();

  constructor(private readonly notices: Notices) {
    this.inquiry = new Inquiry(notices);
  }

  trimOf(side: SideName): number { return (this.on ? this.levels?.[side].trimDb : 0) ?? 0; }

  off(): void {
    this.on = false;
    this.inquiry.clear();
  }

  clear(): void {
    this.off();
    this.levels = null;
    this.#known.clear();
  }

  /** Measure the revisions of A and B. False if that failed or was given up. */
  async measure(project: string, a: string, b: string): Promise<boolean> {
    const pair = `${a} ${b}`;
    if (!this.#known.has(pair)) {
      const answer = await this.inquiry.ask(project, { kind: 'compare', revision: a, against: b });
      if (answer === null || answer.status === 'cancelled') return false;
      const found = levelsOf(answer.result?.figures);
      if (found === null) this.notices.warn(answer.problem?.detail ?? 'The two sides could not be measured.');
      if (found === null) return false;
      this.#known.set(pair, found);
      if (this.#known.size > MOST_KNOWN) this.#known.delete(this.#known.keys().next().value!);
    }
    const [first, second] = this.#known.get(pair)!;
    this.levels = { A: first, B: second };
    return true;
  }
}
