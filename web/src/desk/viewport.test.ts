import { expect, it } from 'vitest';
import { following, scrolled, toPixel, toPosition, whole, zoomed } from './viewport';

const END = 48_000 * 180;
const WIDTH = 900;

it('shows the whole song', () => {
  const view = whole(END, WIDTH);
  expect([toPixel(view, 0), toPixel(view, END) < WIDTH]).toEqual([0, true]);
});

it('keeps the place under the pointer while it zooms', () => {
  const view = zoomed(whole(END, WIDTH), 4, 300, END, WIDTH);
  expect(toPosition(view, 300)).toBeCloseTo(toPosition(whole(END, WIDTH), 300), -2);
});

it('goes out no further than the song and in no closer than the peaks', () => {
  expect(zoomed(whole(END, WIDTH), 0.1, 300, END, WIDTH)).toEqual(whole(END, WIDTH));
  expect(zoomed(whole(END, WIDTH), 1e6, 300, END, WIDTH).framesPerPixel).toBe(64);
});

it('does not scroll off the song', () => {
  expect(scrolled(whole(END, WIDTH), -500, END, WIDTH).start).toBe(0);
  const near = zoomed(whole(END, WIDTH), 10, 0, END, WIDTH);
  const last = scrolled(near, 1e6, END, WIDTH);
  expect(toPixel(last, END)).toBeGreaterThan(WIDTH / 2);
});

it('turns the page when the playhead leaves it, and not before', () => {
  const near = zoomed(whole(END, WIDTH), 10, 0, END, WIDTH);
  expect(following(near, toPosition(near, 400), END, WIDTH)).toBe(near);
  const turned = following(near, toPosition(near, WIDTH), END, WIDTH);
  expect(toPixel(turned, toPosition(near, WIDTH))).toBeCloseTo(72, 0);
});
