/**
 * Turns what the server says and sends into calls on the ring's writer, in order.
 *
 * An epoch waits until the decoder has given out all of the epoch before it, so nothing that was sent is lost. Measures how long
 * a splice takes from its `set` (or `seek`) to the ring, which the server needs for its margin.
 */
import type { ClientMessage, Codec, Epoch, ServerMessage, State } from '../wire/messages';
import { LAST, type Media } from '../wire/packets';
import { type Decoder, decoderFor } from './decoder';
import type { Join, Splice } from './writer';

/** The writer, here or across a message port. */
export interface Sink {
  begin(splice: Splice): void;
  write(start: number, samples: Float32Array): void;
  finish(at: number): void;
  pause(at: number, dead: boolean): void;
  resume(): void;
  /** The stream frame to be read at the audio context's frame 0, by the room's clock. */
  sync(frame: number): void;
}

type Task = () => Promise<void> | null;

/** Requests whose answer is a splice, and for how many of them the time of sending is remembered. */
const REMEMBERED = 256;

export class Receiver {
  epoch = 0;
  /** Media of an epoch that is over, a sign of a server that breaks its promise. */
  strays = 0;
  #codec: Codec | null = null;
  #decoder: Decoder | null = null;
  #decoded: Promise<void> | null = null;
  readonly #tasks: Task[] = [];
  readonly #sent = new Map<number, number>();
  #jumped: number | null = null;
  /** When the latest request that a splice answers was sent, by the frame of the splice. */
  readonly #asked = new Map<number, number>();

  constructor(
    private readonly sink: Sink,
    private readonly now: () => number,
    private readonly failed: (reason: string) => void,
    private readonly open: typeof decoderFor = decoderFor,
  ) {}

  /** A connection agreed on a codec. */
  welcome(codec: Codec): void {
    this.#codec = codec;
    this.#decoder?.close();
    this.#decoder = this.open(codec, (start, samples) => { this.sink.write(start, samples); }, this.failed);
  }

  /** Take note of what is sent, to measure the splice that answers it. */
  sent(message: ClientMessage): void {
    if (message.type === 'seek' || message.type === 'play') this.#jumped = this.now();
    if (message.type !== 'set') return;
    this.#sent.set(message.edit_id, this.now());
    if (this.#sent.size > REMEMBERED) this.#sent.delete(this.#sent.keys().next().value!);
  }

  /** Milliseconds from the request to the ring, once per splice; undefined if it was nobody here who asked. */
  readyMs(join: Join): number | undefined {
    const asked = this.#asked.get(join.startsAt);
    this.#asked.clear();
    return asked === undefined ? undefined : this.now() - asked;
  }

  message(message: ServerMessage): void {
    if (message.type === 'epoch') this.#push(() => this.#epoch(message));
    else if (message.type === 'state') this.#push(() => this.#state(message));
    else if (message.type === 'edit' && message.edit_id !== null) {
      const sent = this.#sent.get(message.edit_id);
      if (sent !== undefined) this.#asked.set(message.splice_frame, sent);
    }
  }

  media(media: Media): void {
    this.#push(() => this.#media(media));
  }

  /** The stream is left: what lies in the ring is faded out at once. */
  close(): void {
    this.#decoder?.close();
    this.#decoder = null;
    this.sink.pause(0, true);
  }

  #push(task: Task): void {
    this.#tasks.push(task);
    if (this.#decoded === null) this.#work();
  }

  #work(): void {
    while (this.#tasks.length > 0) {
      this.#decoded = this.#tasks.shift()!();
      if (this.#decoded === null) continue;
      void this.#decoded.then(() => {
        this.#decoded = null;
        this.#work();
      });
      return;
    }
  }

  #epoch(message: Epoch): Promise<void> | null {
    const drained = this.#decoder?.drain() ?? null;
    if (drained !== null) return drained.then(() => { this.#begin(message); });
    this.#begin(message);
    return null;
  }

  #begin({ epoch, starts_at, fade_before, reason }: Epoch): void {
    this.epoch = epoch;
    this.#decoder?.reset();
    if (this.#jumped !== null && (reason === 'seek' || reason === 'start')) this.#asked.set(starts_at, this.#jumped);
    this.#jumped = null;
    const redecoded = reason === 'resume' && this.#codec === 'opus';
    this.sink.begin({ epoch, startsAt: starts_at, fadeBefore: fade_before, fresh: reason === 'start', redecoded });
  }

  #media(media: Media): null {
    if (media.epoch !== this.epoch) {
      this.strays++;
      return null;
    }
    this.#decoder?.decode(media);
    if (media.kind === 1 && (media.flags & LAST) !== 0) this.sink.finish(media.start + media.frames);
    return null;
  }

  #state({ transport, frame }: State): null {
    if (transport === 'playing') this.sink.resume();
    else if (transport !== 'ended') this.sink.pause(frame, transport === 'stopped');
    return null;
  }
}
