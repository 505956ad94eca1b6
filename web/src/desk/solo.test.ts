import { expect, it } from 'vitest';
import type { Group, Params, Track } from './mix';
import { silenceOf, soloing } from './solo';

const track = (fields: Partial<Track> = {}): Track =>
  ({ id: 't', lane: 0, name: 't', colour: 0, role: 'other', clips: [], params: {}, group: null, solo: false, mute: false, ...fields });
const group = (params: Params): Group => ({ id: 'g', lane: 0, name: 'g', colour: 0, params });
const why = (one: Track, others: Track[] = [], groups: Group[] = []) => silenceOf({ tracks: [one, ...others], groups }, one);

it('lets mute win over solo, and a group mute its tracks', () => {
  expect(why(track({ mute: true, solo: true }))).toBe('muted');
  expect(why(track({ group: 'g', solo: true }), [], [group({ mute: true })])).toBe('muted with its group');
  expect(why(track(), [], [group({ mute: true })])).toBe('');
});

it('keeps what is soloed, in a soloed group or safe', () => {
  const soloed = track({ id: 'other', solo: true });
  expect(why(track(), [soloed])).toBe('silent: others are soloed');
  expect([why(track({ solo: true }), [soloed]), why(track({ params: { solo_safe: true } }), [soloed])]).toEqual(['', '']);
  expect(why(track({ group: 'g' }), [], [group({ solo: true })])).toBe('');
  expect(why(track(), [], [group({ solo: true })])).toBe('silent: others are soloed');
});

it('counts solos of tracks and groups', () => {
  expect([soloing({ tracks: [track()], groups: [group({})] }), soloing({ tracks: [], groups: [group({ solo: true })] })]).toEqual([false, true]);
});
