/** What an AudioWorkletGlobalScope has and TypeScript's DOM types lack. */

declare class AudioWorkletProcessor {
  readonly port: MessagePort;
}

declare const currentFrame: number;

declare function registerProcessor(
  name: string,
  processor: new (options: { processorOptions: never }) => AudioWorkletProcessor & {
    process(inputs: Float32Array[][], outputs: Float32Array[][]): boolean;
  },
): void;
