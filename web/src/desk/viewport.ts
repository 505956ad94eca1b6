/** Which stretch of the song the timeline shows: zoom that keeps the place under the pointer, and a view that follows the playhead. */
import { clamp } from './taper';

export interface Viewport {
  /** Position at the left edge. */
  readonly start: number;
  readonly framesPerPixel: number;
}

/** No closer than the finest peaks can show. */
const CLOSEST = 64;

export const toPixel = (view: Viewport, position: number): number => (position - view.start) / view.framesPerPixel;
export const toPosition = (view: Viewport, pixel: number): number => Math.round(view.start + pixel * view.framesPerPixel);

/** The whole song, and a little air behind it. */
export function whole(end: number, width: number): Viewport {
  return { start: 0, framesPerPixel: Math.max(CLOSEST, (Math.max(end, 48_000) * 1.02) / Math.max(1, width)) };
}

/** Magnify by `factor` (above 1 comes closer) around a pixel. */
export function zoomed(view: Viewport, factor: number, pixel: number, end: number, width: number): Viewport {
  const widest = whole(end, width).framesPerPixel;
  const framesPerPixel = clamp(view.framesPerPixel / factor, CLOSEST, widest);
  return kept({ start: view.start + pixel * (view.framesPerPixel - framesPerPixel), framesPerPixel }, end, width);
}

export const scrolled = (view: Viewport, pixels: number, end: number, width: number): Viewport =>
  kept({ ...view, start: view.start + pixels * view.framesPerPixel }, end, width);

/** The view that shows a playhead which has left it: it comes in at the left, as on a turned page. */
export function following(view: Viewport, position: number, end: number, width: number): Viewport {
  const pixel = toPixel(view, position);
  if (pixel >= 0 && pixel < width * 0.96) return view;
  return kept({ ...view, start: position - width * 0.08 * view.framesPerPixel }, end, width);
}

/** Within the song. */
function kept(view: Viewport, end: number, width: number): Viewport {
  const last = Math.max(0, whole(end, width).framesPerPixel * width - view.framesPerPixel * width);
  return { ...view, start: Math.round(clamp(view.start, 0, last)) };
}
