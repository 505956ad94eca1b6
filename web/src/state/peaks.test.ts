import { expect, it, vi } from 'vitest';
import { LEVELS, levelFor, Peaks } from './peaks';

it('takes the coarsest level that has a bin for each bar', () => {
  expect([100, 256, 3000, 20_000].map((frames) => LEVELS[levelFor(frames)])).toEqual([256, 256, 2048, 16_384]);
});

it('asks once for a window and gives the extremes of both channels when it is here', async () => {
  const rows = Int16Array.from([-100, 200, 0, -300, 50, 0, -10, 32_767, 0, 0, 0, 0]);
  const fetcher = vi.fn(() => Promise.resolve(rows));
  const arrived = vi.fn();
  const peaks = new Peaks('p', arrived, fetcher);
  expect(peaks.range('s', 0, 0, 512)).toEqual({ low: 0, high: 0 });
  peaks.range('s', 0, 0, 512);
  await vi.waitFor(() => { expect(arrived).toHaveBeenCalledOnce(); });
  expect(fetcher).toHaveBeenCalledExactlyOnceWith('p', 's', 0, 0, 4096 * 12 - 1);
  expect(peaks.range('s', 0, 0, 512)).toEqual({ low: -300 / 32_767, high: 1 });
  expect(peaks.range('s', 0, 0, 256).high).toBeCloseTo(200 / 32_767);
});
