/** The bounces of a song: asked for, followed while they run, cancelled, tried again. */
import { api, type Bounce, type BounceRequest, Problem } from '../wire/api';
import type { Notices } from './notices.svelte';

const POLL_MS = 500;
const RUNNING: ReadonlySet<Bounce['status']> = new Set(['queued', 'running']);

export class Bounces {
  list = $state<Bounce[]>([]);
  asking = $state(false);
  readonly running = $derived(this.list.some((bounce) => RUNNING.has(bounce.status)));
  #project: string | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly notices: Notices) {}

  async open(project: string): Promise<void> {
    clearTimeout(this.#timer);
    this.#project = project;
    this.list = [];
    await this.#try(async () => {
      const { bounces } = await api.bounces(project);
      if (this.#project === project) this.list = bounces;
    });
    this.#follow();
  }

  async start(project: string, request: BounceRequest): Promise<void> {
    this.asking = true;
    await this.#try(async () => { this.#put(await api.bounce(project, request)); });
    this.asking = false;
    this.#follow();
  }

  async cancel(id: string): Promise<void> {
    await this.#try(async () => { this.#put(await api.cancelBounce(id)); });
  }

  async retry(id: string): Promise<void> {
    await this.#try(async () => { this.#put(await api.retryBounce(id)); });
    this.#follow();
  }

  async remove(id: string): Promise<void> {
    await this.#try(async () => {
      await api.deleteBounce(id);
      this.list = this.list.filter((bounce) => bounce.id !== id);
    });
  }

  #follow(): void {
    clearTimeout(this.#timer);
    if (this.running) this.#timer = setTimeout(() => void this.#poll(), POLL_MS);
  }

  async #poll(): Promise<void> {
    for (const bounce of this.list.filter(({ status }) => RUNNING.has(status))) {
      await this.#try(async () => {
        const now = await api.bounceStatus(bounce.id);
        if (now.status === 'done') this.notices.tell(`${now.name} is ready to download.`);
        this.#put(now);
      });
    }
    this.#follow();
  }

  #put(bounce: Bounce): void {
    const at = this.list.findIndex((one) => one.id === bounce.id);
    if (at < 0) this.list.unshift(bounce);
    else this.list[at] = bounce;
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
