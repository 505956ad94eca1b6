/** A peak meter's needle: instant rise, a fall of 13.3 dB/s (IEC 60268-10 type I), and a hold line that waits two seconds. */
const FALL_DB_PER_S = 13.3;
const HOLD_S = 2;

/** The bottom of the scale, a little below its first mark. */
export const FLOOR = -72;

export class Needle {
  level = FLOOR;
  hold = FLOOR;
  #heldFor = 0;

  step(peakDb: number, seconds: number): void {
    this.level = Math.max(peakDb, this.level - FALL_DB_PER_S * seconds, FLOOR);
    this.#heldFor += seconds;
    if (peakDb >= this.hold) {
      this.hold = Math.max(peakDb, FLOOR);
      this.#heldFor = 0;
    } else if (this.#heldFor > HOLD_S) {
      this.hold = Math.max(this.level, this.hold - FALL_DB_PER_S * seconds);
    }
  }

  get resting(): boolean { return this.level <= FLOOR && this.hold <= FLOOR; }
}

/** The body of a meter: RMS values follow in a tenth of a second both ways, for the eye. */
export class Body {
  level = FLOOR;

  step(rmsDb: number, seconds: number): void {
    const toward = Math.max(rmsDb, FLOOR);
    this.level += (toward - this.level) * (1 - Math.exp(-seconds / 0.1));
    if (this.level < FLOOR + 0.1) this.level = FLOOR;
  }
}

const KNEES: readonly (readonly [db: number, at: number])[] = [[-70, 0], [-60, 0.025], [-50, 0.075], [-40, 0.15], [-30, 0.3], [-20, 0.5], [0, 1]];

/** IEC 60268-18: where a level sits on the scale, 0 at -70 dBFS and 1 at 0 dBFS, with most of the length near the top. */
export function deflection(db: number): number {
  if (db <= -70) return 0;
  for (let i = 1; i < KNEES.length; i++) {
    const [low, from] = KNEES[i - 1]!;
    const [high, to] = KNEES[i]!;
    if (db < high) return from + ((db - low) / (high - low)) * (to - from);
  }
  return 1;
}
