/**
 * A and B: two mixes, of which one is heard. The desk stands on one side; what stands on the other is only listened to, so the desk is
 * locked while that is heard. A switch is one edit of the desk that all share, spliced by the server.
 */
import { BYPASS, DESK, keyOf, nameOf, otherSide, type SideName, type Source, TRIM } from '../desk/compare';
import { Problem } from '../wire/api';
import { Balance } from './balance.svelte';
import { Shelf, type Stored } from './shelf';
import { forget, recall, remember } from './sides';
import type { Studio } from './studio.svelte';

/** How long a switch may take to come back as edits. */
const COMES_BACK_MS = 5000;
const SIDES = ['A', 'B'] as const;

export class Comparison {
  sides = $state<Record<SideName, Source>>({ A: DESK, B: BYPASS });
  heard = $state<SideName>('A');
  /** A switch is on its way. */
  busy = $state(false);
  readonly balance: Balance;
  readonly source = $derived(this.sides[this.heard]);
  /** Whether something else than the desk is heard. */
  readonly away = $derived(this.source.kind !== 'desk');
  /** The side that the desk stands on. */
  readonly desk = $derived(SIDES.find((side) => this.sides[side].kind === 'desk') ?? null);
  readonly #shelf: Shelf;
  /** What is heard instead of the desk. */
  #standing: Stored | null = null;
  /** The mix's turns when it was looked at last, and whether it has been at rest since. */
  #seen = { turns: -1, rested: true };
  #sent = { turns: -1, until: 0 };

  constructor(private readonly studio: Pick<Studio, 'desk' | 'line' | 'notices' | 'player' | 'project'>) {
    this.balance = new Balance(studio.notices);
    this.#shelf = new Shelf(studio);
  }

  /** Hear the other side. */
  toggle(): void { void this.hear(otherSide(this.heard)); }

  async hear(side: SideName): Promise<void> {
    if (side !== this.heard) await this.#move(side, this.sides[side]);
  }

  /** Put something on a side; where that side is heard, it is heard. What stands on the other side changes places. */
  async choose(side: SideName, source: Source): Promise<void> {
    const other = otherSide(side);
    if (this.busy || keyOf(source) === keyOf(this.sides[side])) return;
    this.balance.levels = null;
    if (keyOf(source) === keyOf(this.sides[other])) {
      this.sides = { A: this.sides.B, B: this.sides.A };
      this.#arrive(otherSide(this.heard), this.#standing);
    } else if (side !== this.heard) this.sides = { ...this.sides, [side]: source };
    else await this.#move(side, source);
    void this.#measure();
  }

  /** Go on with what is heard as the desk; what was the desk stands on the other side. */
  keep(): void {
    if (this.away && !this.busy) this.#settle(`${nameOf(this.source)} is the desk now. What it was stands on ${otherSide(this.heard)}.`);
  }

  async equalize(on: boolean): Promise<void> {
    this.balance.on = on;
    if (!on) this.balance.off();
    this.#trim();
    await this.#measure();
  }

  /** Back to the desk at once: something is to be added to it, or the song is left. */
  home(): void {
    const { home } = this.#shelf;
    if (!this.away || home === null) return;
    const side = this.desk ?? this.heard;
    this.sides = { ...this.sides, [side]: DESK };
    this.#put(side, home);
  }

  /** See whether what lies on the desk is what it is taken for: others may have changed it, or an undo led back. Called now and then. */
  look(): void {
    const { turns } = this.studio.desk;
    const isOnItsWay = turns === this.#sent.turns && performance.now() < this.#sent.until;
    if (this.#standing === null || this.busy || isOnItsWay || !this.studio.line.open) return;
    const rests = turns === this.#seen.turns;
    if (rests && !this.#seen.rested) this.#check(this.#standing);
    this.#seen = { turns, rested: rests };
  }

  leave(): void {
    if (this.#song === '') return;
    this.home();
    this.balance.clear();
    this.#shelf.clear();
    this.sides = { A: DESK, B: BYPASS };
    this.#arrive('A', null);
  }

  /** After the page was loaded again: go on where it was. */
  async resume(project: string): Promise<void> {
    const known = recall(sessionStorage, project);
    if (known === null) return;
    try {
      const [home, standing] = await Promise.all([this.#shelf.read(known.home), this.#shelf.read(known.standing)]);
      if (this.#song !== project || this.#standing !== null) return;
      this.sides = known.sides;
      this.#shelf.home = home;
      this.#arrive(known.heard, standing);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      forget(sessionStorage);
    }
  }

  get #song(): string { return this.studio.project?.id ?? ''; }

  /** Have a side heard with a source on it. */
  async #move(side: SideName, source: Source): Promise<void> {
    const { line, notices } = this.studio;
    const project = this.#song;
    if (!line.open) notices.tell('A and B are switched on the server: that has to wait for the line.');
    if (this.busy || !line.open) return;
    this.busy = true;
    try {
      if (this.#standing === null) await this.#shelf.store();
      const stored = await this.#shelf.take(source, this.#standing !== null);
      if (project !== this.#song) return;
      this.sides = { ...this.sides, [side]: source };
      this.#put(side, stored);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      notices.warn(error.message);
    } finally {
      this.busy = false;
    }
    void this.#measure();
  }

  #put(side: SideName, stored: Stored): void {
    const { turns } = this.studio.desk;
    this.#sent = { turns, until: performance.now() + COMES_BACK_MS };
    this.#seen = { turns, rested: false };
    this.studio.player.send({ type: 'mix', revision: stored.revision, trim_db: this.balance.trimOf(side) });
    this.#arrive(side, this.sides[side].kind === 'desk' ? null : stored);
  }

  #arrive(side: SideName, standing: Stored | null): void {
    const { desk, notices } = this.studio;
    const moved = side !== this.heard;
    this.#standing = standing;
    this.heard = side;
    desk.elsewhere = standing === null ? null : this.#why(side);
    if (moved) notices.announce(`${side}: ${nameOf(this.source)}`);
    const { home } = this.#shelf;
    if (standing === null || home === null) forget(sessionStorage);
    else remember(sessionStorage, { project: this.#song, sides: this.sides, heard: side, home: home.revision, standing: standing.revision });
  }

  #why(side: SideName): string {
    const back = this.desk === null ? 'Put the desk on a side again' : `Go back to ${this.desk}`;
    return `${side} is only listened to. ${back} to go on mixing, or keep ${side} as the desk.`;
  }

  #check(standing: Stored): void {
    const { now, home } = this.#shelf;
    if (now === standing.text) return;
    if (now !== home?.text) {
      this.#settle(`The desk was changed while ${this.heard} was heard: it goes on from there. What it was stands on ${otherSide(this.heard)}.`);
      return;
    }
    const side = this.desk ?? this.heard;
    this.sides = { ...this.sides, [side]: DESK };
    this.#arrive(side, null);
  }

  /** What lies on the desk is the desk from now on. */
  #settle(said: string): void {
    const { desk, notices } = this.studio;
    const other = otherSide(this.heard);
    const { home } = this.#shelf;
    const before: Source = this.desk === other && home !== null ? { kind: 'revision', id: home.revision, name: 'The desk before' } : this.sides[other];
    this.sides = { ...this.sides, [this.heard]: DESK, [other]: before };
    this.balance.off();
    this.balance.levels = null;
    this.#shelf.home = null;
    this.#arrive(this.heard, null);
    if (desk.number(TRIM) !== 0) desk.put(TRIM, 0);
    notices.tell(said);
  }

  /** Turn what is heard down to where it is as loud as the other side. */
  #trim(): void {
    const { desk } = this.studio;
    const wanted = this.balance.trimOf(this.heard);
    if (desk.number(TRIM) === wanted) return;
    const lying = this.#standing ?? (this.#shelf.home?.text === this.#shelf.now ? this.#shelf.home : null);
    // A switch of nothing but the trim is no step of undo; only a desk that is not stored has to be turned down by hand.
    if (lying === null) desk.put(TRIM, wanted);
    else this.#put(this.heard, lying);
  }

  /** Measure both sides, if they are to be equally loud and are both there: what is made of the desk is there when it was heard. */
  async #measure(): Promise<void> {
    const project = this.#song;
    try {
      if (this.balance.on && this.#standing === null) await this.#shelf.store();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.studio.notices.warn(error.message);
    }
    const [a, b] = SIDES.map((side) => this.#shelf.revisionOf(this.sides[side]));
    if (!this.balance.on || !a || !b || project !== this.#song) return;
    if (await this.balance.measure(project, a, b) && project === this.#song) this.#trim();
  }
}
