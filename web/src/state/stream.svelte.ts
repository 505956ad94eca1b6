/** The stream of the open song: asked for, asked for again where the server is busy or has forgotten it, and where it goes on. */
import type { Player } from '../audio/player';
import { api, Problem } from '../wire/api';
import type { Levels } from './levels';
import type { Line } from './line.svelte';
import type { Notices } from './notices.svelte';
import type { Transport } from './transport.svelte';

interface Around { player: Player; line: Line; transport: Transport; levels: Levels; notices: Notices }

export class Stream {
  id = $state<string | null>(null);
  /** Play was asked for before the line was there. */
  playWanted = false;
  #project: string | null = null;
  /** Where the stream was that is gone: the next one goes on from there. */
  #goOnAt: number | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(private readonly around: Around) {}

  async open(project: string): Promise<void> {
    clearTimeout(this.#timer);
    this.#project = project;
    const { line, player, notices } = this.around;
    if (line.place === null) line.state = { state: 'asking' };
    try {
      const stream = await api.openStream(project);
      if (this.#project !== project) return;
      this.id = stream.id;
      await player.open(stream.url);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.place !== null && error.place !== line.place) notices.tell(error.message);
      const retryS = line.refused(error);
      this.#timer = setTimeout(() => void this.open(project), retryS * 1000);
    }
  }

  close(): void {
    clearTimeout(this.#timer);
    this.around.player.close();
    this.#project = this.id = this.#goOnAt = null;
    this.playWanted = false;
  }

  /** Ask for a stream again after an ending, or connect at once while waiting. */
  reconnect(): void {
    if (this.around.line.state.state === 'waiting') this.around.player.retry();
    else if (this.#project !== null) void this.open(this.#project);
  }

  /** The server has forgotten the stream (it was restarted, say): ask for another and go on where this one was. */
  replace(): void {
    const { transport, player, levels } = this.around;
    const position = transport.positionAt(player.playhead);
    this.playWanted = transport.playing;
    transport.reset();
    transport.position = position;
    levels.clear();
    this.#goOnAt = position;
    this.reconnect();
  }

  /** The line is there. */
  goOn(): void {
    const { player } = this.around;
    if (this.#goOnAt !== null) player.send({ type: 'seek', position: Math.round(this.#goOnAt) });
    if (this.playWanted) player.send({ type: 'play' });
    this.#goOnAt = null;
    this.playWanted = false;
  }
}
