/** Meters on canvases: a body that follows the RMS, a lighter peak above it, a line that holds. Colours are zones of level. */
import { Body, deflection, FLOOR, Needle } from '../desk/ballistics';
import { eachFrame, fitted } from './frames';

/** Peaks and RMS in dBFS, by channel. */
export type Source = () => { peaks: readonly [number, number]; rms: readonly [number, number] };

export interface MeterOptions {
  readonly horizontal?: boolean;
  /** Called on every frame with the higher of the two peaks. */
  readonly onPeak?: (db: number) => void;
}

const ZONES: readonly (readonly [top: number, colour: string])[] = [[-18, '#50d492'], [-6, '#f0cf4c'], [-1, '#fd923e'], [Infinity, '#fc4447']];
const PEAK_ALPHA = 0.56;

interface Channel {
  readonly needle: Needle;
  readonly body: Body;
}

/** Paint `canvas` from `source` until the returned function is called. */
export function watchMeter(canvas: HTMLCanvasElement, source: Source, { horizontal = false, onPeak }: MeterOptions): () => void {
  const channels: readonly Channel[] = [0, 1].map(() => ({ needle: new Needle(), body: new Body() }));
  const context = canvas.getContext('2d')!;
  let still = false;
  return eachFrame((seconds) => {
    const { peaks, rms } = source();
    channels.forEach(({ needle, body }, channel) => {
      needle.step(peaks[channel]!, seconds);
      body.step(rms[channel]!, seconds);
    });
    onPeak?.(Math.max(...peaks));
    const resting = channels.every(({ needle, body }) => needle.resting && body.level <= FLOOR);
    if (resting && still && canvas.width === Math.round(canvas.clientWidth * devicePixelRatio)) return;
    still = resting;
    paint(context, canvas, channels, horizontal);
  });
}

function paint(context: CanvasRenderingContext2D, canvas: HTMLCanvasElement, channels: readonly Channel[], horizontal: boolean): void {
  const { width, height, ratio } = fitted(canvas);
  context.setTransform(1, 0, 0, 1, 0, 0);
  context.clearRect(0, 0, width, height);
  // Upright meters are lying ones, turned: the bottom left corner becomes the origin and x the level.
  if (!horizontal) context.setTransform(0, -1, 1, 0, 0, height);
  const length = horizontal ? width : height;
  const breadth = horizontal ? height : width;
  const gap = Math.max(1, Math.round(ratio));
  const thick = (breadth - gap) / 2;
  channels.forEach(({ needle, body }, channel) => {
    const at = channel * (thick + gap);
    context.globalAlpha = PEAK_ALPHA;
    bar(context, deflection(needle.level) * length, length, at, thick);
    context.globalAlpha = 1;
    bar(context, deflection(Math.min(body.level, needle.level)) * length, length, at, thick);
    const hold = deflection(needle.hold) * length;
    context.fillStyle = ZONES.find(([top]) => needle.hold < top)![1];
    if (hold > 2) context.fillRect(hold - 1.5 * ratio, at, 1.5 * ratio, thick);
  });
}

function bar(context: CanvasRenderingContext2D, to: number, length: number, at: number, thick: number): void {
  let from = 0;
  for (const [top, colour] of ZONES) {
    const stop = Math.min(to, deflection(top) * length);
    context.fillStyle = colour;
    if (stop > from) context.fillRect(from, at, stop - from, thick);
    from = Math.max(from, stop);
    if (from >= to) return;
  }
}
