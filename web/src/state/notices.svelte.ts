/** What the desk has to say: short notices that go away, and one polite line for screen readers, at most once a second. */

export interface Notice {
  id: number;
  tone: 'plain' | 'bad';
  text: string;
}

const SHOWN_MS = 6000;
const SPOKEN_MS = 1000;

export class Notices {
  shown = $state<Notice[]>([]);
  /** The live region's text. */
  spoken = $state('');
  #next = 1;
  #waiting: string | null = null;
  #quiet = true;

  tell(text: string): void { this.#show('plain', text); }

  warn(text: string): void { this.#show('bad', text); }

  dismiss(id: number): void {
    this.shown = this.shown.filter((notice) => notice.id !== id);
  }

  /** Say something to screen readers; the latest of a second wins. */
  announce(text: string): void {
    this.#waiting = text;
    if (this.#quiet) this.#speak();
  }

  #speak(): void {
    this.#quiet = this.#waiting === null;
    if (this.#waiting === null) return;
    this.spoken = this.#waiting;
    this.#waiting = null;
    setTimeout(() => { this.#speak(); }, SPOKEN_MS);
  }

  #show(tone: Notice['tone'], text: string): void {
    if (this.shown.some((notice) => notice.text === text)) return;
    const id = this.#next++;
    this.shown = [...this.shown.slice(-3), { id, tone, text }];
    this.announce(text);
    setTimeout(() => { this.dismiss(id); }, SHOWN_MS);
  }
}
