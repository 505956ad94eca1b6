/** One animation loop for everything that moves: meters, playhead, clock. The framework is not on this path. */

type Painter = (seconds: number) => void;

const painters = new Set<Painter>();
let before = 0;

/** Call `painter` on every frame, with the seconds since the last, until the returned function is called. */
export function eachFrame(painter: Painter): () => void {
  painters.add(painter);
  if (painters.size === 1) requestAnimationFrame(frame);
  return () => { painters.delete(painter); };
}

function frame(now: number): void {
  const seconds = Math.min(0.1, (now - before) / 1000);
  before = now;
  for (const painter of painters) painter(seconds);
  if (painters.size > 0) requestAnimationFrame(frame);
}

/** Make a canvas as fine as the screen; returns its size in device pixels and their ratio. */
export function fitted(canvas: HTMLCanvasElement): { width: number; height: number; ratio: number } {
  const ratio = globalThis.devicePixelRatio;
  const width = Math.round(canvas.clientWidth * ratio);
  const height = Math.round(canvas.clientHeight * ratio);
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  return { width, height, ratio };
}
