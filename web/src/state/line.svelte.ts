/** The line to the server: what it is doing, in a word and a sentence, and how good it is. */
import type { Problem } from '../wire/api';
import type { Line as LineState } from '../wire/connection';
import type { Stats } from '../wire/messages';

export type Tone = 'good' | 'wait' | 'bad' | 'idle';

export interface Said {
  tone: Tone;
  word: string;
  more: string;
}

const ENDINGS: Record<string, Said> = {
  done: { tone: 'idle', word: 'Off', more: 'The stream is over.' },
  refused: { tone: 'bad', word: 'Refused', more: 'The server does not let this page listen.' },
  failed: { tone: 'bad', word: 'Broken', more: 'Page and server do not understand each other. Reload the page.' },
  gone: { tone: 'bad', word: 'Lost', more: 'The stream is gone.' },
  replaced: { tone: 'bad', word: 'Elsewhere', more: 'This stream goes on in another window.' },
};

type State = LineState | { state: 'idle' } | { state: 'asking' } | { state: 'busy'; retryS: number; why: string; place: number | null };

/** How soon to ask for a stream again when the server does not say. */
const AGAIN_S = 5;

/** How often the seconds until the next try are looked at. */
const TICK_MS = 200;

export class Line {
  #state = $state<State>({ state: 'idle' });
  /** Seconds until it is tried again, counted down while it is waited for. */
  #leftS = $state(0);
  #counting: ReturnType<typeof setInterval> | undefined;
  /** Whether the transport runs but the ring's reader waits for audio. */
  catchingUp = $state(false);
  /** Whether the browser holds the sound back (no gesture yet, or a phone call). */
  muted = $state(false);
  roundTripMs = $state<number | null>(null);
  aheadS = $state(0);
  codec = $state('');
  late = $state(0);
  underruns = $state(0);
  stats = $state<Stats | null>(null);
  knobToEarMs = $state<number | null>(null);

  readonly open = $derived(this.#state.state === 'open');

  /** The place among those who wait for a stream; null for who does not wait in line. */
  readonly place = $derived(this.#state.state === 'busy' ? this.#state.place : null);

  get state(): State { return this.#state; }
  set state(state: State) {
    this.#state = state;
    clearInterval(this.#counting);
    if (state.state === 'waiting') this.#countDown(state.retryMs);
    else if (state.state === 'busy') this.#countDown(state.retryS * 1000);
  }

  readonly said = $derived.by<Said>(() => {
    const line = this.#state;
    if (line.state === 'idle' || line.state === 'asking') return { tone: 'wait', word: 'Connecting', more: '' };
    if (line.state === 'busy' && line.place !== null) return { tone: 'wait', word: 'In line', more: line.why };
    if (line.state === 'busy') return { tone: 'bad', word: 'Server busy', more: `${line.why} ${this.#again()}` };
    if (line.state === 'connecting') return { tone: 'wait', word: line.attempt > 0 ? 'Reconnecting' : 'Connecting', more: '' };
    if (line.state === 'waiting') return waiting(line.busy, this.#again());
    if (line.state === 'closed') return ENDINGS[line.ending]!;
    if (this.muted) return { tone: 'wait', word: 'Silent', more: 'The browser holds the sound back: press Play.' };
    if (this.catchingUp) return { tone: 'wait', word: 'Catching up', more: 'Waiting for audio.' };
    return { tone: 'good', word: 'Live', more: this.#figures() };
  });

  /** There is no stream to be had now: say so, and answer after how many seconds to ask again. */
  refused({ retryAfterS, place, message }: Problem): number {
    const retryS = retryAfterS ?? AGAIN_S;
    this.state = { state: 'busy', retryS, why: message, place };
    return retryS;
  }

  #countDown(ms: number): void {
    const until = performance.now() + ms;
    const tick = (): void => {
      this.#leftS = Math.max(0, Math.ceil((until - performance.now()) / 1000));
      if (this.#leftS === 0) clearInterval(this.#counting);
    };
    this.#counting = setInterval(tick, TICK_MS);
    tick();
  }

  #again(): string {
    return this.#leftS > 0 ? `Trying again in ${String(this.#leftS)} s.` : 'Trying again now.';
  }

  #figures(): string {
    const ear = this.knobToEarMs === null ? this.roundTripMs : this.knobToEarMs;
    const first = ear === null ? '' : `${String(Math.round(ear))} ms`;
    const ahead = this.aheadS > 0.05 ? `${this.aheadS.toFixed(1)} s ahead` : '';
    return [first, ahead].filter(Boolean).join(' · ');
  }
}

function waiting(busy: boolean, again: string): Said {
  return busy ? { tone: 'bad', word: 'Server busy', more: again } : { tone: 'bad', word: 'Line lost', more: `${again} Edits are kept.` };
}
