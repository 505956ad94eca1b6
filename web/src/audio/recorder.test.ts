import { expect, it } from 'vitest';
import { Recorder, recordingBytes } from './recorder';

it('gives back what was played with the frames it was', () => {
  const recorder = new Recorder(new ArrayBuffer(recordingBytes(1)));
  recorder.add(960, 3, false, Float32Array.of(1, 2, 3, 9), Float32Array.of(4, 5, 6, 9), 5120);
  recorder.add(963, 1, true, Float32Array.of(7), Float32Array.of(8), 5123);
  const wallMs = expect.any(Number) as number;
  expect(recorder.read()).toEqual({
    samples: Float32Array.of(1, 4, 2, 5, 3, 6, 7, 8),
    blocks: [{ start: 960, frames: 3, faded: false, contextFrame: 5120, wallMs }, { start: 963, frames: 1, faded: true, contextFrame: 5123, wallMs }],
    full: false,
  });
});

it('says when it is full and keeps what it has', () => {
  const recorder = new Recorder(new ArrayBuffer(recordingBytes(0.01)));
  for (let i = 0; i < 10; i++) recorder.add(i * 128, 128, false, new Float32Array(128), new Float32Array(128), i * 128);
  expect(recorder.read()).toMatchObject({ full: true });
  expect(recorder.read().blocks.length).toBeGreaterThan(2);
});
