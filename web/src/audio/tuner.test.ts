import { expect, it } from 'vitest';
import { JUMP, LEFT_ALONE, Tuner } from './tuner';

/** What a tuner does in so many blocks, if every step is taken. */
function follow(lag: number, blocks: number): { steps: number; lag: number } {
  const tuner = new Tuner();
  let steps = 0;
  for (let i = 0; i < blocks; i++) {
    const step = tuner.step(lag);
    if (step === 'jump') throw new Error('it jumped');
    if (step !== 0) steps++;
    lag -= step;
  }
  return { steps, lag };
}

it('leaves alone what nobody hears', () => {
  expect(follow(LEFT_ALONE, 1000)).toEqual({ steps: 0, lag: LEFT_ALONE });
  expect(follow(-LEFT_ALONE, 1000)).toEqual({ steps: 0, lag: -LEFT_ALONE });
});

it('takes the rest sample by sample, one in four blocks, until it is there', () => {
  expect(follow(JUMP, 400)).toEqual({ steps: 100, lag: JUMP - 100 });
  expect(follow(JUMP, 4000).lag).toBe(1);
  expect(follow(-60, 4000).lag).toBe(-1);
});

it('jumps where that would take too long', () => {
  expect(new Tuner().step(JUMP + 1)).toBe('jump');
  expect(new Tuner().step(-JUMP - 1)).toBe('jump');
});
