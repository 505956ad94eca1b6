/** How long to wait before connecting again: doubling from a quarter second to ten, half of it by chance so that listeners spread. */

const FIRST_MS = 250;
const LONGEST_MS = 10_000;

/** Milliseconds before attempt `attempt` (0 is the first retry); `random` gives 0 to 1; the server may ask for more. */
export function backoffMs(attempt: number, random: () => number, retryAfterS = 0): number {
  const whole = Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(attempt, 20));
  return Math.max(retryAfterS * 1000, whole / 2) + (whole / 2) * random();
}
