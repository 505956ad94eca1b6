/**
 * The page's side of the audio path: makes the ring, the link (a Worker) and, on the first gesture, the audio context.
 *
 * It carries messages and measures; what is heard is decided by the ring's reader alone.
 */
import type { Line } from '../wire/connection';
import type { ClientMessage, Codec, ServerMessage } from '../wire/messages';
import { hasOpus } from './decoder';
import { heardNow, Loudspeaker } from './loudspeaker';
import type { FromLink, FromWorklet, ToLink, ToWorklet, WorkletOptions } from './messages';
import { Recorder, type Recording, recordingBytes } from './recorder';
import { HOLD, NEVER, Ring, RUNNING } from './ring';
import { type Heard, Stopwatch } from './stopwatch';
import workletUrl from './worklet.ts?worker&url';
import type { Join } from './writer';

export const RATE = 48_000;

/** How often the audio context is asked when its frames are heard, and how often the link is told. */
const LISTEN_MS = 50;
const TELL_MS = 1_000;

export interface PlayerHandlers {
  line(line: Line): void;
  message(message: ServerMessage): void;
  joined(join: Join, readyMs: number | undefined): void;
  heard(heard: Heard): void;
  context(state: AudioContextState | 'interrupted'): void;
  trouble(reason: string): void;
  roundTrip(ms: number): void;
  /** Whether this person may say that; it is said why not. */
  allows(message: ClientMessage): boolean;
}

export interface PlayerOptions {
  /** Only this codec, instead of Opus where the browser has it and PCM elsewhere. */
  readonly codec: Codec | null;
  /** Record what is put out, for tests. */
  readonly recordSeconds: number;
}

/** Where the playhead and the end of what has arrived are known from: the ring itself, or the worklet's reports. */
interface Place {
  readonly playhead: number;
  readonly end: number;
  readonly state: number;
  readonly underruns: number;
  readonly drift: number;
  readonly sync: number;
}

export class Player {
  readonly shared = globalThis.crossOriginIsolated;
  #place: Place;
  readonly #link: Worker;
  readonly #ring: Ring | null;
  readonly #recorder: Recorder | null;
  #port: MessagePort | null = null;
  #context: AudioContext | null = null;
  #node: AudioWorkletNode | null = null;
  #starting: Promise<void> | null = null;
  readonly #stopwatch = new Stopwatch();
  readonly #loudspeaker = new Loudspeaker();
  #toldAt = 0;

  constructor(
    private readonly handlers: PlayerHandlers,
    private readonly options: PlayerOptions,
  ) {
    this.#link = new Worker(new URL('./link.ts', import.meta.url), { type: 'module' });
    this.#link.onmessage = ({ data }: MessageEvent<FromLink>) => { this.#fromLink(data); };
    this.#ring = this.shared ? Ring.create(true) : null;
    this.#place = this.#ring ?? { playhead: 0, end: 0, state: 0, underruns: 0, drift: 0, sync: NEVER };
    this.#recorder = options.recordSeconds > 0 ? recorder(options.recordSeconds, this.shared) : null;
    if (this.#ring !== null) this.#tell({ kind: 'ring', buffer: this.#ring.buffer as SharedArrayBuffer });
    else {
      const channel = new MessageChannel();
      this.#port = channel.port2;
      this.#tell({ kind: 'port', port: channel.port1 }, [channel.port1]);
    }
  }

  /** Bring the worklet's code near, so that the first Play does not wait for it. */
  async warm(): Promise<void> {
    await fetch(workletUrl).catch(() => undefined);
  }

  get playhead(): number { return this.#place.playhead; }
  get buffered(): number { return Math.max(0, this.#place.end - this.#place.playhead); }
  get underruns(): number { return this.#place.underruns; }
  get running(): boolean { return this.#place.state === RUNNING; }
  /** Frames by which what is read lags the room's clock; null for whoever is alone. */
  get lag(): number | null {
    const { sync, drift } = this.#place;
    return sync === NEVER || sync === HOLD ? null : sync - drift;
  }
  /** A frame of the audio context and when it leaves the loudspeaker, in microseconds since 1970; null while the context sleeps. */
  get output(): { contextFrame: number; us: number } | null {
    if (this.#context?.state !== 'running') return null;
    const [contextTime, us] = heardNow(this.#context, performance.timeOrigin, performance.now());
    return { contextFrame: contextTime * RATE, us };
  }
  get context(): AudioContext | null { return this.#context; }

  /** The stream frame that leaves the loudspeaker now. */
  get heardFrame(): number {
    const latency = this.#context?.outputLatency ?? 0;
    return Math.max(0, this.playhead - Math.round(latency * RATE));
  }

  async open(url: string): Promise<void> {
    const { codec } = this.options;
    const codecs: Codec[] = codec !== null ? [codec] : (await hasOpus()) ? ['opus', 'pcm-s16', 'pcm-f32'] : ['pcm-s16', 'pcm-f32'];
    this.#tell({ kind: 'open', url, codecs });
  }

  /** Wake the sound; must be called from a gesture the first time. */
  async wake(): Promise<void> {
    await (this.#starting ??= this.#start());
    if (this.#context?.state === 'suspended') await this.#context.resume();
  }

  send(message: ClientMessage): void {
    if (!this.handlers.allows(message)) return;
    if (message.type === 'set') this.#turn(message.edit_id, message.path);
    this.#tell({ kind: 'send', message });
  }

  retry(): void { this.#tell({ kind: 'retry' }); }

  close(): void { this.#tell({ kind: 'close' }); }

  /** What was put out since the start; null unless recording was asked for. */
  async recording(): Promise<Recording | null> {
    if (this.#recorder === null || this.#node === null) return null;
    if (this.shared) return this.#recorder.read();
    const node = this.#node;
    const buffer = await new Promise<ArrayBuffer>((resolve) => {
      const listen = ({ data }: MessageEvent<FromWorklet>): void => {
        if (data.kind !== 'recording') return;
        node.port.removeEventListener('message', listen);
        resolve(data.buffer);
      };
      node.port.addEventListener('message', listen);
      node.port.postMessage({ kind: 'recording' } satisfies ToWorklet);
    });
    return new Recorder(buffer).read();
  }

  async #start(): Promise<void> {
    const context = new AudioContext({ sampleRate: RATE, latencyHint: 'interactive' });
    this.#context = context;
    context.onstatechange = () => {
      this.#loudspeaker.forget();
      this.#tellOutput();
      this.#tell({ kind: 'ack' });
      this.handlers.context(context.state);
    };
    setInterval(() => { this.#listen(context); }, LISTEN_MS);
    await context.audioWorklet.addModule(workletUrl);
    const processorOptions: WorkletOptions = {};
    if (this.#ring !== null) processorOptions.ring = this.#ring.buffer as SharedArrayBuffer;
    if (this.#recorder !== null) processorOptions.recording = this.#recorder.buffer;
    const node = new AudioWorkletNode(context, 'stemwire-player', { numberOfInputs: 0, outputChannelCount: [2], processorOptions });
    node.port.onmessage = ({ data }: MessageEvent<FromWorklet>) => { this.#fromWorklet(data); };
    node.onprocessorerror = () => { this.handlers.trouble('The audio worklet stopped.'); };
    if (this.#port !== null) node.port.postMessage({ kind: 'port', port: this.#port } satisfies ToWorklet, [this.#port]);
    node.connect(context.destination);
    this.#node = node;
  }

  /** Find out when what the context makes is heard, and tell it once a second: at once when it was not known. */
  #listen(context: AudioContext): void {
    if (context.state !== 'running') return;
    const knew = this.#loudspeaker.zeroUs !== null;
    this.#loudspeaker.add(...heardNow(context, performance.timeOrigin, performance.now()));
    if (!knew || performance.now() - this.#toldAt >= TELL_MS) this.#tellOutput();
  }

  #tellOutput(): void {
    this.#toldAt = performance.now();
    this.#tell({ kind: 'output', zeroUs: this.#loudspeaker.zeroUs });
  }

  #turn(editId: number, path: string): void {
    if (this.#context === null || !this.running) return;
    this.#stopwatch.turn(editId, path, Math.round(this.#context.currentTime * RATE));
  }

  #fromLink(data: FromLink): void {
    if (data.kind === 'line') this.#line(data.line);
    else if (data.kind === 'joined') this.#joined(data.join, data.readyMs);
    else if (data.kind === 'trouble') this.handlers.trouble(data.reason);
    else if (data.kind === 'roundTrip') this.handlers.roundTrip(data.ms);
    else {
      this.#time(data.message);
      this.handlers.message(data.message);
    }
  }

  #line(line: Line): void {
    if (line.state !== 'open') this.#stopwatch.reset();
    this.handlers.line(line);
  }

  /** Measure when an edit of ours is heard, unless the music rests or begins anew before. */
  #time(message: ServerMessage): void {
    if (message.type === 'edit' && message.edit_id !== null) this.#watch(this.#stopwatch.place(message.edit_id, message.splice_frame));
    else if ((message.type === 'state' && message.transport !== 'playing') || (message.type === 'epoch' && message.reason === 'start')) this.#stopwatch.reset();
  }

  #watch(frame: number | null): void {
    if (frame !== null) this.#node?.port.postMessage({ kind: 'watch', frame } satisfies ToWorklet);
  }

  #joined(join: Join, readyMs: number | undefined): void {
    if (join.late > 0) this.#watch(this.#stopwatch.moveTo(join.startsAt, join.from));
    this.handlers.joined(join, readyMs);
  }

  #fromWorklet(data: FromWorklet): void {
    if (data.kind === 'at') this.#place = data;
    else if (data.kind === 'heard') {
      const heard = this.#stopwatch.played(data.frame, data.contextFrame);
      if (heard !== null) this.handlers.heard(heard);
    }
  }

  #tell(message: ToLink, transfer: Transferable[] = []): void {
    this.#link.postMessage(message, transfer);
  }
}

function recorder(seconds: number, shared: boolean): Recorder {
  const bytes = recordingBytes(seconds);
  return new Recorder(shared ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes));
}
