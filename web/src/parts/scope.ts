/** Goniometer and spectrum on canvases, painted outside the framework from what is heard now. */
import { fitted } from './frames';

type Points = readonly (readonly [mid: number, side: number])[];

const DOT = '#50d492';
const BAR = '#8f8bf0';
const GRID = '#252a34';
const FLOOR_DB = -72;
const TOP_DB = 0;
/** Bands at 100 Hz, 1 kHz and 10 kHz. */
const MARKS: readonly number[] = [7, 17, 27];
/** How fast a bar falls, in dB a second. */
const FALL_DB = 40;

/** Mid is up, a signal on the left alone lies on the left diagonal. Loud points stay inside: the radius is compressed. */
export function paintPoints(canvas: HTMLCanvasElement, points: Points): void {
  const { width, height, ratio } = fitted(canvas);
  const context = canvas.getContext('2d')!;
  const half = Math.min(width, height) / 2;
  context.clearRect(0, 0, width, height);
  context.strokeStyle = GRID;
  context.beginPath();
  for (const [x, y] of [[1, 0], [0, 1], [0.707, 0.707], [0.707, -0.707]] as const) {
    context.moveTo(width / 2 - x * half, height / 2 - y * half);
    context.lineTo(width / 2 + x * half, height / 2 + y * half);
  }
  context.stroke();
  context.fillStyle = DOT;
  for (const [mid, side] of points) {
    const radius = Math.hypot(mid, side);
    if (radius < 1e-4) continue;
    const scale = (Math.min(1, Math.sqrt(radius)) / radius) * half * 0.94;
    context.fillRect(width / 2 - side * scale - ratio / 2, height / 2 - mid * scale - ratio / 2, 1.4 * ratio, 1.4 * ratio);
  }
}

/** Thirds of an octave as bars that rise at once and fall slowly. */
export class Spectrum {
  #shown: number[] = [];

  step(bands: readonly number[], seconds: number): void {
    const count = bands.length > 0 ? bands.length : this.#shown.length;
    this.#shown = Array.from({ length: count }, (_, band) => Math.max(bands[band] ?? FLOOR_DB, (this.#shown[band] ?? FLOOR_DB) - FALL_DB * seconds, FLOOR_DB));
  }

  get shown(): readonly number[] { return this.#shown; }

  paint(canvas: HTMLCanvasElement): void {
    const { width, height, ratio } = fitted(canvas);
    const context = canvas.getContext('2d')!;
    context.clearRect(0, 0, width, height);
    const step = width / 31;
    context.fillStyle = GRID;
    for (const band of MARKS) context.fillRect((band + 0.5) * step, 0, ratio, height);
    context.fillStyle = BAR;
    this.#shown.forEach((db, band) => {
      const tall = (Math.min(1, (db - FLOOR_DB) / (TOP_DB - FLOOR_DB))) * height;
      context.fillRect(band * step, height - tall, Math.max(1, step - ratio), tall);
    });
  }
}
