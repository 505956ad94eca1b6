/** A question about stems or mixes: asked, followed while it is answered, its suggestions followed. One at a time; the last one counts. */
import { api, type Analysis, type AnalysisRequest, Problem } from '../wire/api';
import type { Notices } from './notices.svelte';

const POLL_MS = 400;

export class Inquiry {
  latest = $state<Analysis | null>(null);
  readonly running = $derived(isRunning(this.latest));
  /** Rises when what is asked for changes: an answer that comes after that is of no use. */
  #turn = 0;

  constructor(private readonly notices: Notices) {}

  /** Forget the question and its answer, here and on the server, which keeps a limited number of them. */
  clear(): void {
    this.#turn++;
    if (this.latest !== null) void forget(this.latest.id);
    this.latest = null;
  }

  /** Ask; resolves to the answer when it is there, or to null if it never comes or is no longer wanted. */
  async ask(project: string, request: AnalysisRequest): Promise<Analysis | null> {
    this.clear();
    const turn = this.#turn;
    const begun = await this.#try(() => api.analyse(project, request));
    if (begun === null) return null;
    if (turn !== this.#turn) return forget(begun.id);
    this.latest = begun;
    while (isRunning(this.latest)) {
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
      const now = await this.#try(() => api.analysis(begun.id));
      if (turn !== this.#turn) return null;
      this.latest = now ?? this.latest;
    }
    return this.latest;
  }

  async cancel(): Promise<void> {
    const id = this.latest?.id;
    if (id === undefined) return;
    const now = await this.#try(() => api.cancelAnalysis(id));
    if (this.latest?.id === id) this.latest = now ?? this.latest;
  }

  /** Follow suggestions as one undo step; they are then no longer offered. */
  async apply(suggestions: string[]): Promise<void> {
    const id = this.latest?.id;
    if (id === undefined) return;
    const done = await this.#try(() => api.follow(id, suggestions));
    if (done === null) return;
    this.notices.tell('Applied. Undo takes it back.');
    if (this.latest?.id === id) this.clear();
  }

  async #try<Answer>(action: () => Promise<Answer>): Promise<Answer | null> {
    try {
      return await action();
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      this.notices.warn(error.message);
      return null;
    }
  }
}

const isRunning = (analysis: Analysis | null): boolean => analysis?.status === 'queued' || analysis?.status === 'running';

/** An answer that nobody looks at any more; somebody else may have thrown it away before. */
async function forget(id: string): Promise<null> {
  try {
    await api.forgetAnalysis(id);
  } catch (error) {
    if (!(error instanceof Problem)) throw error;
  }
  return null;
}
