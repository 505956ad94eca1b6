/** From media messages to interleaved float32 samples with the stream frame they begin at: PCM as it is, Opus by WebCodecs. */
import type { Codec } from '../wire/messages';
import { type Media, packetsOf } from '../wire/packets';

/** Frames by which an Opus decoder's output lags its input; counted once after every reset. */
export const OPUS_DELAY = 312;

const PACKET_US = 20_000;

export type Samples = (start: number, interleaved: Float32Array) => void;

export interface Decoder {
  decode(media: Media): void;
  /** Resolves (null: at once) when all that was given has come out. */
  drain(): Promise<void> | null;
  /** What follows is another encoding: forget the old one. */
  reset(): void;
  close(): void;
}

export function decoderFor(codec: Codec, output: Samples, failed: (reason: string) => void): Decoder {
  return codec === 'opus' ? new OpusDecoder(output, failed) : new PcmDecoder(codec, output);
}

/** Whether this browser decodes Opus; without a description it counts frames as we need them. */
export async function hasOpus(): Promise<boolean> {
  if (typeof AudioDecoder === 'undefined') return false;
  const { supported } = await AudioDecoder.isConfigSupported(OPUS);
  return supported === true;
}

const OPUS: AudioDecoderConfig = { codec: 'opus', sampleRate: 48_000, numberOfChannels: 2 };

export class PcmDecoder implements Decoder {
  constructor(
    private readonly codec: Codec,
    private readonly output: Samples,
  ) {}

  decode({ kind, start, payload }: Media): void {
    if (kind === 2) return;
    this.output(start, this.codec === 'pcm-f32' ? floats(payload) : shorts(payload));
  }

  drain(): null { return null; }
  reset(): void { /* PCM remembers nothing. */ }
  close(): void { /* Nor does it hold anything. */ }
}

function floats({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array {
  return new Float32Array(buffer, byteOffset, byteLength >> 2);
}

function shorts({ buffer, byteOffset, byteLength }: Uint8Array): Float32Array {
  return Float32Array.from(new Int16Array(buffer, byteOffset, byteLength >> 1), (sample) => sample / 32_768);
}

export class OpusDecoder implements Decoder {
  #decoder: AudioDecoder | null = null;
  #given = 0;
  #done = 0;
  #at = 0;

  constructor(
    private readonly output: Samples,
    private readonly failed: (reason: string) => void,
  ) {}

  decode({ start, payload }: Media): void {
    this.#decoder ??= this.#open(start);
    for (const data of packetsOf(payload)) {
      this.#decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: this.#given * PACKET_US, data }));
      this.#given++;
    }
  }

  drain(): Promise<void> | null {
    if (this.#decoder === null || this.#given === this.#done) return null;
    // A flush that fails has been reported by the decoder's own error callback.
    return this.#decoder.flush().catch(() => undefined);
  }

  reset(): void {
    this.close();
    this.#given = 0;
    this.#done = 0;
  }

  close(): void {
    if (this.#decoder !== null && this.#decoder.state !== 'closed') this.#decoder.close();
    this.#decoder = null;
  }

  #open(start: number): AudioDecoder {
    this.#at = start - OPUS_DELAY;
    const decoder = new AudioDecoder({
      output: (audio) => {
        const samples = interleaved(audio);
        this.#done++;
        this.output(this.#at, samples);
        this.#at += samples.length / 2;
      },
      error: (error) => {
        this.reset();
        this.failed(error.message);
      },
    });
    decoder.configure(OPUS);
    return decoder;
  }
}

function interleaved(audio: AudioData): Float32Array {
  const frames = audio.numberOfFrames;
  const samples = new Float32Array(frames * 2);
  if (audio.format === 'f32') audio.copyTo(samples, { planeIndex: 0 });
  else {
    const plane = new Float32Array(frames);
    for (const channel of [0, 1]) {
      audio.copyTo(plane, { planeIndex: channel, format: 'f32-planar' });
      for (let i = 0; i < frames; i++) samples[2 * i + channel] = plane[i]!;
    }
  }
  audio.close();
  return samples;
}
