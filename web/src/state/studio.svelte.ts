/** Everything behind the desk, put together: session, song, stream and sound. Views call it; it calls the parts. */
import { createContext } from 'svelte';
import { Player, type PlayerOptions } from '../audio/player';
import type { Heard } from '../audio/stopwatch';
import type { Join } from '../audio/writer';
import { Catalogue } from '../desk/catalogue';
import { REFUSALS } from '../desk/edits';
import type { Viewport } from '../desk/viewport';
import { api, Problem, type Project, type ProjectLine, type Stem } from '../wire/api';
import type { Line as LineState } from '../wire/connection';
import type { Edit, History, ServerMessage, State } from '../wire/messages';
import { Analyses } from './analyses.svelte';
import { Bounces } from './bounces.svelte';
import { Company } from './company.svelte';
import { Desk } from './desk.svelte';
import { Levels } from './levels';
import { Line } from './line.svelte';
import { Notices } from './notices.svelte';
import { Peaks } from './peaks';
import { Presets } from './presets.svelte';
import { Transport } from './transport.svelte';
import { Uploads } from './uploads.svelte';

export const [useStudio, provideStudio] = createContext<Studio>();

export class Studio {
  readonly notices = new Notices();
  readonly line = new Line();
  readonly transport = new Transport();
  readonly levels = new Levels();
  readonly bounces = new Bounces(this.notices);
  readonly analyses = new Analyses(this.notices);
  readonly presets = new Presets();
  readonly uploads = new Uploads((uploaded, project) => {
    if (project === this.project?.id) this.stems = [...this.stems, ...uploaded.stems];
    if (!this.line.open) void this.#reload();
  });
  readonly desk = new Desk((edit) => this.#send(edit), () => this.company.mayMix());
  readonly player: Player;
  /** Null until the catalogue and the first song are here. */
  ready = $state(false);
  failure = $state<string | null>(null);
  projects = $state<ProjectLine[]>([]);
  project = $state<{ id: string; name: string } | null>(null);
  stems = $state<Stem[]>([]);
  streamId = $state<string | null>(null);
  history = $state<Pick<History, 'undo' | 'redo'>>({ undo: null, redo: null });
  readonly company = new Company(this.notices);
  view = $state<Viewport | null>(null);
  follow = $state(true);
  /** Play was asked for before the line was there. */
  playWanted = false;
  /** Where the stream was that is gone: the next one goes on from there. */
  #goOnAt: number | null = null;
  peaks = $state<Peaks | null>(null);
  /** Rises when peaks have arrived, so that lanes paint again. */
  painted = $state(0);
  readonly heard: Heard[] = [];
  readonly joins: (Join & { readyMs: number | null })[] = [];
  #busyTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(options: PlayerOptions) {
    this.player = new Player(
      {
        line: (line) => { this.#line(line); },
        message: (message) => { this.#message(message); },
        joined: (join, readyMs) => { this.#joined(join, readyMs); },
        heard: (heard) => { this.#heard(heard); },
        context: (state) => { this.line.muted = state !== 'running'; },
        trouble: (reason) => { this.notices.warn(reason); },
        roundTrip: (ms) => { this.line.roundTripMs = ms; },
        allows: (message) => this.company.allows(message),
      },
      options,
    );
  }

  async start(wanted: string | null): Promise<void> {
    this.failure = null;
    try {
      wanted = (await this.company.arrive(location, history)) ?? wanted;
      const [{ parameters }] = await Promise.all([api.schema(), this.company.greet(), this.presets.load()]);
      this.desk.catalogue = new Catalogue(parameters);
      this.projects = (await api.projects()).projects;
      const first = this.projects.find(({ id }) => id === wanted) ?? this.projects[0];
      if (first === undefined) await this.create('New song');
      else await this.open(first.id);
      this.ready = true;
      void this.player.warm();
    } catch (error) {
      this.failure = sentence(error);
    }
  }

  async open(id: string): Promise<void> {
    const project = await api.project(id);
    this.#leave();
    this.project = { id: project.id, name: project.name };
    this.stems = project.stems;
    this.peaks = new Peaks(id, () => { this.painted++; });
    this.desk.load(project.mix);
    this.desk.selectedId = project.mix.tracks[0]?.id ?? null;
    if (this.company.enter(project.role)) void this.bounces.open(id);
    void this.#openStream();
  }

  async create(name: string): Promise<void> {
    const project = await api.createProject(name);
    await this.refreshList();
    await this.open(project.id);
  }

  async rename(name: string): Promise<void> {
    if (this.project === null || name.trim() === '') return;
    const { id } = this.project;
    await this.attempt(async () => {
      const project = await api.renameProject(id, name.trim());
      if (this.project?.id === id) this.project.name = project.name;
      await this.refreshList();
    });
  }

  async remove(id: string): Promise<void> {
    await this.attempt(async () => {
      await api.deleteProject(id);
      await this.refreshList();
      if (this.project?.id !== id) return;
      const next = this.projects[0];
      await (next === undefined ? this.create('New song') : this.open(next.id));
    });
  }

  async refreshList(): Promise<void> { this.projects = (await api.projects()).projects; }

  /** Do something that the server may refuse; its sentence is shown. */
  async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.notices.warn(sentence(error));
    }
  }

  /** Ask for a stream again after an ending, or connect at once while waiting. */
  reconnect(): void {
    if (this.line.state.state === 'waiting') this.player.retry();
    else void this.#openStream();
  }

  undo(): void { this.#history('undo'); }
  redo(): void { this.#history('redo'); }

  /** Look at the player now and then: what it does is shared memory, which tells nobody when it changes. */
  look(): void {
    const { player, line, transport } = this;
    line.aheadS = player.buffered / 48_000;
    line.underruns = player.underruns;
    line.catchingUp = transport.playing && !player.running && player.context?.state === 'running';
  }

  stemOf(asset: string): Stem | undefined { return this.stems.find((stem) => stem.asset === asset); }

  async #openStream(): Promise<void> {
    clearTimeout(this.#busyTimer);
    const id = this.project?.id;
    if (id === undefined) return;
    if (this.line.place === null) this.line.state = { state: 'asking' };
    try {
      const stream = await api.openStream(id);
      if (this.project?.id !== id) return;
      this.streamId = stream.id;
      await this.player.open(stream.url);
    } catch (error) {
      if (!(error instanceof Problem)) throw error;
      if (error.place !== null && error.place !== this.line.place) this.notices.tell(error.message);
      const retryS = this.line.refused(error);
      this.#busyTimer = setTimeout(() => void this.#openStream(), retryS * 1000);
    }
  }

  #history(type: 'undo' | 'redo'): void {
    this.desk.flush();
    this.player.send({ type });
  }

  #leave(): void {
    clearTimeout(this.#busyTimer);
    this.player.close();
    this.streamId = null;
    this.playWanted = false;
    this.#goOnAt = null;
    this.desk.clear();
    this.transport.reset();
    this.levels.clear();
    this.history = { undo: null, redo: null };
    this.analyses.clear();
    this.view = null;
  }

  async #reload(): Promise<void> {
    const id = this.project?.id;
    if (id === undefined) return;
    await this.attempt(async () => {
      const project: Project = await api.project(id);
      if (this.project?.id !== id) return;
      this.stems = project.stems;
      this.desk.load(project.mix);
    });
  }

  #send({ path, value, gesture, editId }: Parameters<ConstructorParameters<typeof Desk>[0]>[0]): boolean {
    if (!this.line.open) return false;
    this.player.send({ type: 'set', path, value, gesture, edit_id: editId });
    return true;
  }

  #line(line: LineState): void {
    this.line.state = line;
    if (line.state === 'closed' && line.ending === 'gone') this.#replaceStream();
    if (line.state === 'closed' || line.state === 'waiting') this.notices.announce(this.line.said.word);
  }

  /** The server has forgotten the stream (it was restarted, say): ask for another and go on where this one was. */
  #replaceStream(): void {
    const { transport, player } = this;
    const position = transport.positionAt(player.playhead);
    this.playWanted = transport.playing;
    transport.reset();
    transport.position = position;
    this.levels.clear();
    this.#goOnAt = position;
    void this.#openStream();
  }

  #goOn(): void {
    if (this.#goOnAt !== null) this.player.send({ type: 'seek', position: Math.round(this.#goOnAt) });
    if (this.playWanted) this.player.send({ type: 'play' });
    this.#goOnAt = null;
    this.playWanted = false;
  }

  #message(message: ServerMessage): void {
    if (message.type === 'welcome') {
      this.levels.clear(message.meters?.buses);
      this.line.codec = message.codec;
      this.company.role = message.role;
      this.desk.load(message.mix.document);
      this.player.send(this.levels.subscription);
      this.desk.flush();
      this.#goOn();
    } else if (message.type === 'state') this.#state(message);
    else if (message.type === 'segment') this.transport.segment(message);
    else if (message.type === 'epoch') {
      this.transport.epoch(message);
      this.levels.void(message.starts_at);
    } else if (message.type === 'edit') this.#edit(message);
    else if (message.type === 'meters' || message.type === 'scope') this.levels.add(message);
    else if (message.type === 'history') this.history = message;
    else if (message.type === 'people') this.company.tell(message);
    else if (message.type === 'stats') this.line.stats = message;
    else if (message.type === 'error') this.#refused(message.code, message.message);
  }

  #state(state: State): void {
    if (state.transport !== this.transport.phase) this.notices.announce(state.transport);
    this.transport.state(state);
  }

  #edit(edit: Edit): void {
    this.desk.apply(edit);
    if (edit.edit_id !== null && !this.desk.isOurs(edit.edit_id)) {
      this.notices.announce(`${this.company.nameOf(edit.by)} changed ${this.desk.catalogue.at(edit.path)?.label ?? 'the song'}`);
    }
    const unknown = this.desk.mix.tracks.some((track) => track.clips.some((clip) => this.stemOf(clip.asset) === undefined));
    if (unknown && edit.path.startsWith('tracks/') && !this.uploads.busy) void this.#reload();
  }

  #refused(code: string, message: string): void {
    this.notices.warn(message);
    if (REFUSALS.has(code)) void this.#reload();
  }

  #joined(join: Join, readyMs: number | undefined): void {
    this.joins.push({ ...join, readyMs: readyMs ?? null });
    if (this.joins.length > 1000) this.joins.shift();
    if (join.late > 0) this.line.late++;
  }

  #heard(heard: Heard): void {
    this.heard.push(heard);
    if (this.heard.length > 1000) this.heard.shift();
    const latest = this.heard.slice(-9).map((one) => one.knobToEarMs).sort((a, b) => a - b);
    this.line.knobToEarMs = latest[latest.length >> 1]!;
  }
}

function sentence(error: unknown): string {
  if (error instanceof Problem) return error.message;
  throw error;
}
