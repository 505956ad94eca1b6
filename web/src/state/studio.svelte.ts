/** Everything behind the desk, put together: session, song, stream and sound. Views call it; it calls the parts. */
import { createContext } from 'svelte';
import { Player, type PlayerOptions } from '../audio/player';
import { Catalogue } from '../desk/catalogue';
import { REFUSALS } from '../desk/edits';
import type { Viewport } from '../desk/viewport';
import { api, type Project, type Stem, type Uploaded } from '../wire/api';
import type { Line as LineState } from '../wire/connection';
import type { Edit, History, ServerMessage, State } from '../wire/messages';
import { Bounces } from './bounces.svelte';
import { Bypass } from './bypass.svelte';
import { Company } from './company.svelte';
import { Comparison } from './comparison.svelte';
import { Desk } from './desk.svelte';
import { type Failure, failureOf, sentence } from './failure';
import { Inquiry } from './inquiry.svelte';
import { Levels } from './levels';
import { Line } from './line.svelte';
import { Notices } from './notices.svelte';
import { Peaks } from './peaks';
import { Presets } from './presets.svelte';
import { Songs } from './songs.svelte';
import { Stream } from './stream.svelte';
import { Timing } from './timing';
import { Transport } from './transport.svelte';
import { Uploads } from './uploads.svelte';

export const [useStudio, provideStudio] = createContext<Studio>();

export class Studio {
  readonly notices = new Notices();
  readonly line = new Line();
  readonly transport = new Transport();
  readonly levels = new Levels();
  readonly bounces = new Bounces(this.notices);
  /** What the tools find out about the stems, and how the mix differs from a reference. */
  readonly tools = new Inquiry(this.notices);
  readonly matching = new Inquiry(this.notices);
  readonly presets = new Presets();
  readonly uploads = new Uploads((uploaded, project) => {
    if (project === this.project?.id) this.stems = [...this.stems, ...uploaded.stems];
    if (!this.line.open) void this.#reload();
  });
  readonly company = new Company(this.notices);
  readonly desk = new Desk((edit) => this.#send(edit), (why) => { this.notices.tell(why); }, () => this.company.barred);
  readonly bypass = new Bypass(this.desk);
  readonly songs = new Songs(this);
  readonly timing = new Timing();
  readonly comparison = new Comparison(this);
  readonly player: Player;
  readonly stream: Stream;
  /** Whether the catalogue and the first song are here. */
  ready = $state(false);
  failure = $state<Failure | null>(null);
  project = $state<{ id: string; name: string } | null>(null);
  stems = $state<Stem[]>([]);
  history = $state<Pick<History, 'undo' | 'redo'>>({ undo: null, redo: null });
  view = $state<Viewport | null>(null);
  follow = $state(true);
  peaks = $state<Peaks | null>(null);
  /** Rises when peaks have arrived, so that lanes paint again. */
  painted = $state(0);

  constructor(options: PlayerOptions) {
    this.player = new Player(
      {
        line: (line) => { this.#line(line); },
        message: (message) => { this.#message(message); },
        joined: (join, readyMs) => {
          this.timing.joined(join, readyMs);
          if (join.late > 0) this.line.late++;
        },
        heard: (heard) => {
          this.timing.played(heard);
          this.line.knobToEarMs = this.timing.knobToEarMs;
        },
        context: (state) => { this.line.muted = state !== 'running'; },
        trouble: (reason) => { this.notices.warn(reason); },
        roundTrip: (ms) => { this.line.roundTripMs = ms; },
        allows: (message) => this.company.allows(message),
      },
      options,
    );
    this.stream = new Stream(this);
  }

  async start(wanted: string | null): Promise<void> {
    this.failure = null;
    try {
      wanted = (await this.company.arrive(location, history)) ?? wanted;
      const [{ parameters }] = await Promise.all([api.schema(), this.company.greet(), this.presets.load()]);
      this.desk.catalogue = new Catalogue(parameters);
      await this.songs.openFirst(wanted);
      this.ready = true;
      void this.player.warm();
    } catch (error) {
      this.fail(error);
    }
  }

  /** The desk cannot be set up, or cannot be shown. */
  fail(error: unknown): void {
    this.ready = false;
    this.failure = failureOf(error);
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
    void this.stream.open(id);
    if (!this.company.listening) void this.comparison.resume(id);
  }

  /** Do something that the server may refuse; its sentence is shown. */
  async attempt(action: () => Promise<void>): Promise<void> {
    try {
      await action();
    } catch (error) {
      this.notices.warn(sentence(error));
    }
  }

  /** Files become stems of the song, on the desk itself. */
  take(files: Iterable<File>, then?: (uploaded: Uploaded) => void): void {
    if (this.project === null) return;
    this.comparison.home();
    this.uploads.add(this.project.id, files, (uploaded, project) => { if (project === this.project?.id) then?.(uploaded); });
  }

  undo(): void { this.#history('undo'); }
  redo(): void { this.#history('redo'); }

  /** Look at the player now and then: what it does is shared memory, which tells nobody when it changes. */
  look(): void {
    const { player, line, transport } = this;
    line.aheadS = player.buffered / 48_000;
    line.underruns = player.underruns;
    this.comparison.look();
    line.catchingUp = transport.playing && !player.running && player.context?.state === 'running';
  }

  stemOf(asset: string): Stem | undefined { return this.stems.find((stem) => stem.asset === asset); }

  #history(type: 'undo' | 'redo'): void {
    this.desk.flush();
    this.player.send({ type });
  }

  #leave(): void {
    this.comparison.leave();
    this.stream.close();
    this.bypass.clear();
    this.desk.clear();
    this.transport.reset();
    this.levels.clear();
    this.history = { undo: null, redo: null };
    this.tools.clear();
    this.matching.clear();
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
    if (line.state === 'closed' && line.ending === 'gone') this.stream.replace();
    if (line.state === 'closed' || line.state === 'waiting') this.notices.announce(this.line.said.word);
  }

  #message(message: ServerMessage): void {
    if (message.type === 'welcome') {
      this.levels.clear(message.meters?.buses);
      this.line.codec = message.codec;
      this.company.role = message.role;
      this.desk.load(message.mix.document);
      this.player.send(this.levels.subscription);
      this.desk.flush();
      this.stream.goOn();
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
}
