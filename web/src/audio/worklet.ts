/** The AudioWorklet: reads the ring at its playhead, says when a watched frame was played, records for tests. Decides nothing. */
import type { FromWorklet, FromWorkletPort, ToWorklet, ToWorkletPort, WorkletOptions } from './messages';
import { Reader } from './reader';
import { Recorder } from './recorder';
import { Ring } from './ring';
import { Writer } from './writer';

/** Blocks between two reports of the playhead where it cannot be read from shared memory (21 ms). */
const REPORT_BLOCKS = 8;

class Player extends AudioWorkletProcessor {
  readonly #ring: Ring;
  readonly #reader: Reader;
  readonly #recorder: Recorder | null;
  readonly #shared: boolean;
  #link: MessagePort | null = null;
  #watched: number | null = null;
  #blocks = 0;

  constructor({ processorOptions }: { processorOptions: WorkletOptions }) {
    super();
    const { ring, recording } = processorOptions;
    this.#shared = ring !== undefined;
    this.#ring = ring === undefined ? Ring.create(false) : new Ring(ring);
    this.#reader = new Reader(this.#ring);
    this.#recorder = recording === undefined ? null : new Recorder(recording);
    this.port.onmessage = ({ data }: MessageEvent<ToWorklet>) => { this.#command(data); };
  }

  process(_inputs: Float32Array[][], outputs: Float32Array[][]): boolean {
    const [left, right] = outputs[0]!;
    const before = this.#ring.playhead;
    const frames = this.#reader.read(left!, right!, currentFrame);
    const { from, silent, faded } = this.#reader;
    const start = frames > 0 ? from : before;
    if (frames > 0) this.#recorder?.add(start, frames, faded, left!.subarray(silent), right!.subarray(silent), currentFrame + silent);
    if (this.#watched !== null) this.#watch(start, frames);
    if (!this.#shared && ++this.#blocks % REPORT_BLOCKS === 0) this.#report();
    return true;
  }

  #watch(start: number, frames: number): void {
    const frame = this.#watched!;
    if (start + frames <= frame) return;
    this.#watched = null;
    this.#post({ kind: 'heard', frame, contextFrame: currentFrame + this.#reader.silent + frame - start });
  }

  #report(): void {
    const { playhead, end, state, underruns, drift, sync } = this.#ring;
    this.#post({ kind: 'at', playhead, end, state, underruns, drift, sync });
    this.#link?.postMessage({ kind: 'at', playhead, end, state, drift } satisfies FromWorkletPort);
  }

  #command(command: ToWorklet): void {
    if (command.kind === 'watch') this.#watched = command.frame;
    else if (command.kind === 'port') this.#attach(command.port);
    else if (this.#recorder !== null) {
      const buffer = new Uint8Array(this.#recorder.buffer).slice().buffer;
      this.#post({ kind: 'recording', buffer });
    }
  }

  /** Without shared memory the writer lives here, and the link's calls come as messages. */
  #attach(port: MessagePort): void {
    this.#link = port;
    const writer = new Writer(this.#ring, (join) => { port.postMessage({ kind: 'joined', join } satisfies FromWorkletPort); }, 0);
    port.onmessage = ({ data }: MessageEvent<ToWorkletPort>) => {
      if (data.kind === 'write') writer.write(data.start, data.samples);
      else if (data.kind === 'begin') writer.begin(data.splice);
      else if (data.kind === 'finish') writer.finish(data.at);
      else if (data.kind === 'pause') writer.pause(data.at, data.dead);
      else if (data.kind === 'sync') writer.sync(data.frame);
      else writer.resume();
    };
  }

  #post(message: FromWorklet): void {
    this.port.postMessage(message);
  }
}

registerProcessor('stemwire-player', Player);
