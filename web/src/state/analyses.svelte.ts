/** What is found out about the stems: asked for, followed while it runs, its suggestions followed. One at a time. */
import { api, type Analysis, type AnalysisKind, Problem } from '../wire/api';
import type { Notices } from './notices.svelte';

const POLL_MS = 400;

export class Analyses {
  latest = $state<Analysis | null>(null);
  readonly running = $derived(this.latest?.status === 'queued' || this.latest?.status === 'running');
  /** Rises when what is asked for changes: an answer that comes after that is of no use. */
  #turn = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly notices: Notices) {}

  clear(): void {
    clearTimeout(this.#timer);
    this.#turn++;
    this.latest = null;
  }

  async start(project: string, kind: AnalysisKind, reference?: string): Promise<void> {
    this.clear();
    const turn = this.#turn;
    await this.#try(async () => {
      const begun = await api.analyse(project, { kind, ...(reference === undefined ? {} : { reference }) });
      if (turn === this.#turn) this.latest = begun;
    });
    this.#follow();
  }

  async cancel(): Promise<void> {
    const id = this.latest?.id;
    if (id !== undefined) await this.#try(async () => { this.latest = await api.cancelAnalysis(id); });
  }

  /** Follow suggestions as one undo step; they are then no longer offered. */
  async apply(suggestions: string[]): Promise<void> {
    const id = this.latest?.id;
    if (id === undefined) return;
    await this.#try(async () => {
      await api.follow(id, suggestions);
      this.notices.tell('Applied. Undo takes it back.');
      this.clear();
    });
  }

  #follow(): void {
    if (this.running) this.#timer = setTimeout(() => void this.#poll(), POLL_MS);
  }

  async #poll(): Promise<void> {
    const id = this.latest?.id;
    if (id === undefined) return;
    await this.#try(async () => {
      const now = await api.analysis(id);
      if (this.latest?.id === id) this.latest = now;
    });
    if (this.latest?.id === id) this.#follow();
  }

  async #try(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.notices.warn(error.message);
    }
  }
}
