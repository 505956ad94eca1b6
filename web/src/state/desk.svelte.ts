/**
 * The desk: the mix as this person sees it. A turned control shows at once and is sent at most 60 times a second; what others turn
 * arrives as edits. While the line is down, edits wait and the last value of each path is sent when it is back.
 */
import { Catalogue, CatalogueGap, type Parameter, valueIn } from '../desk/catalogue';
import { write } from '../desk/edits';
import { endOf, type Mix, type Track, type Value } from '../desk/mix';
import { soloing } from '../desk/solo';
import type { Edit, PathValue } from '../wire/messages';

const SEND_MS = 16;

export interface Outgoing {
  path: string;
  value: PathValue;
  gesture: string;
  editId: number;
}

interface Waiting {
  value: PathValue;
  gesture: string;
}

const EMPTY: Mix = {
  schema: 1, tempo_map: [], markers: [], sections: [], tracks: [], groups: [], effects: [], master: { params: {} }, automation: {},
};

export class Desk {
  mix = $state<Mix>(structuredClone(EMPTY));
  selectedId = $state<string | null>(null);
  /** What is shown in full beside the mixer. */
  page = $state<'track' | 'effects' | 'master' | 'tools'>('track');
  /** Whether edits wait for the line. */
  queued = $state(0);
  /** Why nothing can be turned while another mix is heard; null on the desk itself. */
  elsewhere = $state<string | null>(null);
  /** Rises with everything that changes the mix. */
  turns = 0;
  readonly soloing = $derived(soloing(this.mix));
  readonly end = $derived(endOf(this.mix));
  readonly selected = $derived<Track | undefined>(this.mix.tracks.find((track) => track.id === this.selectedId) ?? this.mix.tracks[0]);
  readonly #waiting = new Map<string, Waiting>();
  /** The latest edit of ours on a path that the server has not confirmed. */
  readonly #unconfirmed = new Map<string, number>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #lastSent = 0;
  // Ids must not collide with those of others in the room, who are told of them.
  #nextId = Math.floor(Math.random() * 2 ** 30) * 2 ** 20;
  #nextGesture = 1;
  readonly #gesturePrefix = Math.random().toString(36).slice(2, 10);

  constructor(
    private readonly send: (edit: Outgoing) => boolean,
    /** Told why, when a hand turns what is locked. */
    private readonly refuse: (why: string) => void = () => undefined,
    /** Why this person may turn nothing here; null for whom may. */
    private readonly barred: () => string | null = () => null,
    public catalogue: Catalogue = new Catalogue([]),
  ) {}

  /** Why nothing can be turned; null where it can. */
  get locked(): string | null { return this.barred() ?? this.elsewhere; }

  /** Edits that the server has not confirmed. */
  get owed(): number { return this.#waiting.size + this.#unconfirmed.size; }

  load(mix: Mix): void {
    this.mix = mix;
    this.turns++;
    this.#unconfirmed.clear();
    for (const [path, { value }] of this.#waiting) write(this.mix, this.catalogue, path, value);
  }

  /** Another song: nothing of the old one waits any longer. */
  clear(): void {
    this.#waiting.clear();
    this.queued = 0;
    this.load(structuredClone(EMPTY));
  }

  row(path: string): Parameter {
    const row = this.catalogue.at(path);
    if (row === undefined) throw new CatalogueGap(path);
    return row;
  }

  /** Show a track in full. */
  select(id: string): void {
    this.selectedId = id;
    this.page = 'track';
  }

  number(path: string): number { return Number(valueIn(this.mix, path, this.row(path))); }

  word(path: string): string { return String(valueIn(this.mix, path, this.row(path))); }

  on(path: string): boolean { return Boolean(valueIn(this.mix, path, this.row(path))); }

  /** A name for all edits of one movement of the hand. */
  gesture(): string { return `${this.#gesturePrefix}.${String(this.#nextGesture++)}`; }

  /** Whether anything can be turned; where it cannot, it is said why. */
  free(): boolean {
    if (this.locked !== null) this.refuse(this.locked);
    return this.locked === null;
  }

  /** Turn something, unless the desk is locked. */
  set(path: string, value: Value | PathValue, gesture = this.gesture()): void {
    if (this.free()) this.put(path, value, gesture);
  }

  /** Turn something, whether the desk is locked or not. */
  put(path: string, value: Value | PathValue, gesture = this.gesture()): void {
    this.turns++;
    write(this.mix, this.catalogue, path, value);
    this.#waiting.set(path, { value, gesture });
    this.#schedule();
  }

  toggle(path: string): void { this.set(path, !this.on(path)); }

  /** Somebody's edit, perhaps our own coming back. */
  apply({ edit_id, path, value }: Edit): void {
    const latest = this.#unconfirmed.get(path);
    if (latest !== undefined && edit_id === latest) this.#unconfirmed.delete(path);
    // A value of ours that is still on its way is newer than what the server tells.
    if ((latest !== undefined && edit_id !== null && edit_id <= latest && this.isOurs(edit_id)) || this.#waiting.has(path)) return;
    this.turns++;
    write(this.mix, this.catalogue, path, value);
  }

  /** Ids of this page's edits share their upper bits. */
  isOurs(editId: number): boolean { return Math.floor(editId / 2 ** 20) === Math.floor(this.#nextId / 2 ** 20); }

  /** Send what waits; called when the line is back, too. */
  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#lastSent = performance.now();
    for (const [path, { value, gesture }] of this.#waiting) {
      const editId = this.#nextId++;
      if (!this.send({ path, value: $state.snapshot(value) as PathValue, gesture, editId })) break;
      this.#unconfirmed.set(path, editId);
      this.#waiting.delete(path);
    }
    this.queued = this.#waiting.size;
  }

  #schedule(): void {
    if (this.#timer !== undefined) return;
    const wait = this.#lastSent + SEND_MS - performance.now();
    if (wait <= 0) this.flush();
    else this.#timer = setTimeout(() => { this.flush(); }, wait);
  }
}
