/** What was measured of splices: how each was joined, and how long a turned knob took to be heard. */
import type { Heard } from '../audio/stopwatch';
import type { Join } from '../audio/writer';

const KEPT = 1000;
const LATEST = 9;

export class Timing {
  readonly heard: Heard[] = [];
  readonly joins: (Join & { readyMs: number | null })[] = [];

  joined(join: Join, readyMs: number | undefined): void { keep(this.joins, { ...join, readyMs: readyMs ?? null }); }

  played(heard: Heard): void { keep(this.heard, heard); }

  /** Of the latest turns, the one in the middle; null before there is any. */
  get knobToEarMs(): number | null {
    const latest = this.heard.slice(-LATEST).map((one) => one.knobToEarMs).sort((a, b) => a - b);
    return latest[latest.length >> 1] ?? null;
  }
}

function keep<One>(list: One[], one: One): void {
  list.push(one);
  if (list.length > KEPT) list.shift();
}
