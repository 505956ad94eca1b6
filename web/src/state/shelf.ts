/** The mixes that a comparison is of, as the server keeps them: the desk when it was left, kept versions, and what is made of the desk. */
import { canonical, keyOf, type Source } from '../desk/compare';
import type { Mix } from '../desk/mix';
import { api } from '../wire/api';
import type { Studio } from './studio.svelte';

export interface Stored {
  readonly revision: string;
  readonly mix: Mix;
  /** By which it is known again. */
  readonly text: string;
}

/** How long an edit may take to be confirmed before the desk is stored without it. */
const CONFIRMED_MS = 3000;
const LOOK_MS = 20;
/** Mixes that are kept; the one taken first goes first. */
const MOST_MADE = 32;

export class Shelf {
  /** The desk as it was when it was left, or measured, last. */
  home: Stored | null = null;
  readonly #made = new Map<string, Stored>();

  constructor(private readonly studio: Pick<Studio, 'desk' | 'project'>) {}

  clear(): void {
    this.home = null;
    this.#made.clear();
  }

  /** What lies on the desk now, to be compared with what is stored. */
  get now(): string { return canonical(this.studio.desk.mix, this.studio.desk.catalogue); }

  /** Store the desk as it is, unless it is stored. */
  async store(): Promise<void> {
    const { desk } = this.studio;
    if (this.home?.text === this.now) return;
    desk.flush();
    const until = performance.now() + CONFIRMED_MS;
    while (desk.owed > 0 && performance.now() < until) await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    const { revision, mix } = await api.project(this.#song);
    this.home = this.#stored(revision.id, mix);
  }

  /** The revision of a source, if there is one yet. */
  revisionOf(source: Source): string | null {
    if (source.kind === 'desk') return this.home?.revision ?? null;
    return source.kind === 'revision' ? source.id : (this.#made.get(this.#keyOf(source))?.revision ?? null);
  }

  /** The mix of a source. One that is made of the desk comes to lie on the desk by that; `left` says that something else lies there. */
  async take(source: Source, left: boolean): Promise<Stored> {
    if (source.kind === 'desk') return this.home!;
    const key = this.#keyOf(source);
    const taken = this.#made.get(key) ?? (source.kind === 'revision' ? await this.read(source.id) : await this.#make(source, left));
    this.#made.set(key, taken);
    if (this.#made.size > MOST_MADE) this.#made.delete(this.#made.keys().next().value!);
    return taken;
  }

  async read(revision: string): Promise<Stored> { return this.#stored(revision, (await api.revision(this.#song, revision)).mix); }

  async #make(source: Exclude<Source, { kind: 'revision' }>, left: boolean): Promise<Stored> {
    const project = this.#song;
    if (left) await api.replaceMix(project, this.home!.mix, (await api.project(project)).revision.id);
    const gesture = this.studio.desk.gesture();
    const what = source.kind === 'preset' ? { preset: source.id, target: source.target, intensity: 1 } : { bypass: 'all' };
    const { revision, mix } = await api.apply(project, { ...what, gesture });
    return this.#stored(revision.id, mix);
  }

  get #song(): string { return this.studio.project?.id ?? ''; }

  /** What is made of the desk is another thing when the desk is. */
  #keyOf(source: Source): string { return source.kind === 'revision' ? keyOf(source) : `${this.home?.revision ?? ''} ${keyOf(source)}`; }

  #stored(revision: string, mix: Mix): Stored { return { revision, mix, text: canonical(mix, this.studio.desk.catalogue) }; }
}
