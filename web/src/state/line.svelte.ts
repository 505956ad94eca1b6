/** The line to the server: what it is doing, in a word and a sentence, and how good it is. */
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

export class Line {
  state = $state<LineState | { state: 'idle' } | { state: 'asking' } | { state: 'busy'; retryS: number; why: string }>({ state: 'idle' });
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

  readonly open = $derived(this.state.state === 'open');

  readonly said = $derived.by<Said>(() => {
    const line = this.state;
    if (line.state === 'idle' || line.state === 'asking') return { tone: 'wait', word: 'Connecting', more: '' };
    if (line.state === 'busy') return { tone: 'bad', word: 'Server busy', more: `${line.why} Trying again in ${String(Math.ceil(line.retryS))} s.` };
    if (line.state === 'connecting') return { tone: 'wait', word: line.attempt > 0 ? 'Reconnecting' : 'Connecting', more: '' };
    if (line.state === 'waiting') return waiting(line.busy, line.retryMs);
    if (line.state === 'closed') return ENDINGS[line.ending]!;
    if (this.muted) return { tone: 'wait', word: 'Silent', more: 'The browser holds the sound back: press Play.' };
    if (this.catchingUp) return { tone: 'wait', word: 'Catching up', more: 'Waiting for audio.' };
    return { tone: 'good', word: 'Live', more: this.#figures() };
  });

  #figures(): string {
    const ear = this.knobToEarMs === null ? this.roundTripMs : this.knobToEarMs;
    const first = ear === null ? '' : `${String(Math.round(ear))} ms`;
    const ahead = this.aheadS > 0.05 ? `${this.aheadS.toFixed(1)} s ahead` : '';
    return [first, ahead].filter(Boolean).join(' · ');
  }
}

function waiting(busy: boolean, retryMs: number): Said {
  const again = `Trying again in ${String(Math.ceil(retryMs / 1000))} s.`;
  return busy ? { tone: 'bad', word: 'Server busy', more: again } : { tone: 'bad', word: 'Line lost', more: `${again} Edits are kept.` };
}
