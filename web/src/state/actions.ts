/** What keys and buttons do, by name; the table of keys and every button call these and nothing else. */
import { RATE } from '../desk/time';
import { whole, zoomed } from '../desk/viewport';
import type { Studio } from './studio.svelte';

const LEAST_LOOP = RATE / 10;

export class Actions {
  constructor(
    private readonly studio: Studio,
    readonly show: { help: () => void; bounce: () => void },
  ) {}

  /** Where the playhead is in the song, as it is heard. */
  get position(): number {
    const { transport, player } = this.studio;
    return transport.positionAt(transport.playing ? player.heardFrame : player.playhead);
  }

  async play(): Promise<void> {
    const { transport, player, desk, notices, line } = this.studio;
    if (desk.end === 0) {
      notices.tell('There is nothing to play yet: drop stems anywhere on this page.');
      return;
    }
    if (globalThis.AudioWorkletNode === undefined) {
      notices.warn('This page is not loaded over https or from this machine, so the browser gives it no audio worklet.');
      return;
    }
    if (this.studio.company.listening && transport.playing) {
      await player.wake();
      return;
    }
    this.studio.stream.playWanted = !line.open;
    if (transport.phase === 'ended') player.send({ type: 'seek', position: 0 });
    player.send({ type: 'play' });
    await player.wake();
  }

  playOrPause(): void {
    const { transport, player } = this.studio;
    if (transport.playing && player.context?.state === 'running') player.send({ type: 'pause' });
    else void this.play();
  }

  stop(): void { this.studio.player.send({ type: 'stop' }); }

  seek(position: number): void {
    const { player, desk, transport } = this.studio;
    const at = Math.round(Math.min(Math.max(0, position), desk.end));
    if (transport.phase === 'stopped' || transport.phase === 'ended') transport.position = at;
    player.send({ type: 'seek', position: at });
  }

  seekBy(seconds: number): void { this.seek(this.position + seconds * RATE); }
  toStart(): void { this.seek(0); }
  toEnd(): void { this.seek(this.studio.desk.end); }

  setLoop(start: number, end: number): void {
    const from = Math.max(0, Math.round(Math.min(start, end)));
    const to = Math.min(Math.round(Math.max(start, end)), this.studio.desk.end);
    if (to - from >= LEAST_LOOP) this.studio.player.send({ type: 'loop', start: from, end: to });
  }

  /** The cycle off; or on, over where it was last, or over the section under the playhead. */
  toggleLoop(): void {
    const { transport, player } = this.studio;
    if (transport.loop !== null) {
      this.#lastLoop = { ...transport.loop };
      player.send({ type: 'loop', start: null, end: null });
      return;
    }
    const { start, end } = this.#lastLoop ?? this.#sectionHere();
    this.setLoop(start, end);
  }

  loopFromHere(): void { this.setLoop(this.position, this.studio.transport.loop?.end ?? this.studio.desk.end); }
  loopToHere(): void { this.setLoop(this.studio.transport.loop?.start ?? 0, this.position); }

  mute(): void { this.#toggle('mute'); }
  solo(): void { this.#toggle('solo'); }

  /** All stages of the selected track out, or in again. */
  bypass(): void {
    const { desk, bypass, notices } = this.studio;
    const track = desk.selected;
    if (track === undefined || !desk.free()) return;
    const strip = `tracks/${track.id}` as const;
    const refused = bypass.refused(strip);
    bypass.toggle(strip);
    notices.announce(refused ?? `${track.name} ${bypass.isOut(strip) ? 'bypassed' : 'processed again'}`);
  }

  selectBy(step: number): void {
    const { desk } = this.studio;
    const tracks = desk.mix.tracks;
    const at = tracks.findIndex((track) => track.id === desk.selected?.id);
    const next = tracks[Math.min(Math.max(0, at + step), tracks.length - 1)];
    if (next === undefined) return;
    desk.selectedId = next.id;
    this.studio.notices.announce(next.name);
  }

  zoomBy(factor: number, width = 900): void {
    const { studio } = this;
    const view = studio.view ?? whole(studio.desk.end, width);
    studio.view = zoomed(view, factor, (this.position - view.start) / view.framesPerPixel, studio.desk.end, width);
  }

  zoomWhole(): void { this.studio.view = null; }

  /** Say the levels of the selected track and of the master. */
  readLevels(): void {
    const { desk, levels, notices } = this.studio;
    const say = (left: number, right: number) => (Math.max(left, right) <= -90 ? 'silent' : `${Math.max(left, right).toFixed(0)} decibels`);
    const track = desk.selected;
    const own = track ? levels.track(track.lane) : null;
    const parts = own && track ? [`${track.name} ${say(own.left, own.right)}`] : [];
    notices.announce([...parts, `master ${say(levels.master.left, levels.master.right)}`].join(', '));
  }

  #lastLoop: { start: number; end: number } | null = null;

  #sectionHere(): { start: number; end: number } {
    const { desk } = this.studio;
    const here = this.position;
    return desk.mix.sections.find(({ start, end }) => here >= start && here < end) ?? { start: 0, end: desk.end };
  }

  #toggle(name: 'mute' | 'solo'): void {
    const { desk, notices } = this.studio;
    const track = desk.selected;
    if (track === undefined || !desk.free()) return;
    desk.toggle(`tracks/${track.id}/${name}`);
    notices.announce(`${track.name} ${name} ${track[name] ? 'on' : 'off'}`);
  }
}
