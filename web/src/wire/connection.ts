/**
 * One WebSocket that comes back: says hello, resumes with its token, waits longer after each failure.
 *
 * Knows close codes, not audio. What the page sends meanwhile is kept by the page; here it is refused.
 */
import { backoffMs } from './backoff';
import { type ClientMessage, type Codec, type LinkMessage, parseMessage, type ServerMessage } from './messages';
import { type Media, parseMedia } from './packets';

/** Close codes after which coming back by oneself is of no use, and what the page calls them. */
const FINAL = new Map<number, Ending>([
  [1000, 'done'],
  [1008, 'refused'],
  [4000, 'failed'],
  [4002, 'gone'],
  [4004, 'replaced'],
]);

/** Failures in a row (without a welcome between them) after which the stream itself is given up, and a new one is asked for. */
const TRIES = 12;

export type Ending = 'done' | 'refused' | 'failed' | 'gone' | 'replaced';

export type Line =
  | { state: 'connecting'; attempt: number }
  | { state: 'open' }
  | { state: 'waiting'; attempt: number; retryMs: number; busy: boolean }
  | { state: 'closed'; ending: Ending; code: number; reason: string };

export interface Handlers {
  line(line: Line): void;
  message(message: ServerMessage): void;
  media(media: Media): void;
  /** The socket's other end does not speak our protocol. */
  nonsense(reason: string): void;
}

export interface Means {
  socket(url: string): WebSocket;
  random(): number;
  /** The stream frame up to which was played. */
  playedTo(): number;
}

interface Opening {
  readonly url: string;
  readonly codecs: readonly Codec[];
  readonly bufferFrames: number;
}

export class Connection {
  #socket: WebSocket | null = null;
  #opening: Opening | null = null;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #attempt = 0;
  #resume: string | null = null;
  #retryAfterS = 0;
  #welcomed = false;

  constructor(
    private readonly handlers: Handlers,
    private readonly means: Means,
  ) {}

  open(opening: Opening): void {
    this.close();
    this.#opening = opening;
    this.#resume = null;
    this.#attempt = 0;
    this.#connect(opening.url);
  }

  /** Send if the stream is there; false if it is not. */
  send(message: ClientMessage | LinkMessage): boolean {
    if (!this.#welcomed || this.#socket === null) return false;
    this.#socket.send(JSON.stringify(message));
    return true;
  }

  /** Try again now: the page has reason to believe that it would work. */
  retry(): void {
    if (this.#timer === undefined || this.#opening === null) return;
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#connect(withoutTicket(this.#opening.url));
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#opening = null;
    this.#welcomed = false;
    const socket = this.#socket;
    this.#socket = null;
    socket?.close(1000);
  }

  #connect(url: string): void {
    this.handlers.line({ state: 'connecting', attempt: this.#attempt });
    const socket = this.means.socket(url);
    socket.binaryType = 'arraybuffer';
    this.#socket = socket;
    socket.onopen = () => { this.#hello(socket); };
    socket.onmessage = (event: MessageEvent<string | ArrayBuffer>) => {
      if (socket === this.#socket) this.#receive(event.data);
    };
    socket.onclose = (event) => {
      if (socket === this.#socket) this.#lost(event.code, event.reason);
    };
  }

  #hello(socket: WebSocket): void {
    const { codecs, bufferFrames } = this.#opening!;
    const hello = { type: 'hello', codecs, buffer_frames: bufferFrames };
    const back = { resume: this.#resume, played_to: this.means.playedTo() };
    socket.send(JSON.stringify(this.#resume === null ? hello : { ...hello, ...back }));
  }

  #receive(message: string | ArrayBuffer): void {
    if (typeof message !== 'string') {
      const media = parseMedia(message);
      if (typeof media === 'string') this.handlers.nonsense(media);
      else this.handlers.media(media);
      return;
    }
    const parsed = parseMessage(message);
    if (parsed === null) return;
    if (parsed.type === 'welcome') {
      this.#welcomed = true;
      this.#attempt = 0;
      this.#retryAfterS = 0;
      this.#resume = parsed.resume;
      this.handlers.line({ state: 'open' });
    } else if (parsed.type === 'bye') this.#retryAfterS = parsed.retry_after_s;
    this.handlers.message(parsed);
  }

  #lost(code: number, reason: string): void {
    this.#socket = null;
    this.#welcomed = false;
    const ending = FINAL.get(code) ?? (this.#attempt >= TRIES ? 'gone' : null);
    if (ending !== null) {
      this.#opening = null;
      this.handlers.line({ state: 'closed', ending, code, reason });
      return;
    }
    const retryMs = backoffMs(this.#attempt, this.means.random, this.#retryAfterS);
    this.#attempt++;
    this.handlers.line({ state: 'waiting', attempt: this.#attempt, retryMs, busy: code === 1013 });
    this.#timer = setTimeout(() => { this.retry(); }, retryMs);
  }
}

/** A ticket works once: later connections show the session's cookie. */
function withoutTicket(url: string): string {
  const bare = new URL(url);
  bare.searchParams.delete('ticket');
  return bare.href;
}
