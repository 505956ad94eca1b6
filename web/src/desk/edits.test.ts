import { beforeEach, expect, it } from 'vitest';
import { Catalogue } from './catalogue';
import { write } from './edits';
import type { Mix, Track } from './mix';

const catalogue = new Catalogue([
  { scope: 'track', name: 'eq/1/gain_db', label: '', unit: 'dB', low: -18, high: 18, default: 0, taper: 'linear', doc: '', choices: [] },
  { scope: 'master', name: 'fader_db', label: '', unit: 'dB', low: -90, high: 10, default: 0, taper: 'fader', doc: '', choices: [] },
]);
const track = (id: string, lane: number): Track =>
  ({ id, lane, name: id, colour: 0, role: 'other', clips: [], params: {}, group: null, solo: false, mute: false });
let mix: Mix;

beforeEach(() => {
  mix = { schema: 1, tempo_map: [], markers: [], sections: [], tracks: [track('a', 0), track('b', 2)], groups: [], effects: [], master: { params: {} }, automation: {} };
});

it('writes parameters and the switches that are fields', () => {
  write(mix, catalogue, 'tracks/a/eq/1/gain_db', 3);
  write(mix, catalogue, 'tracks/b/mute', true);
  write(mix, catalogue, 'master/fader_db', -6);
  expect([mix.tracks[0]!.params, mix.tracks[1]!.mute, mix.master.params]).toEqual([{ 'eq/1/gain_db': 3 }, true, { fader_db: -6 }]);
});

it('adds, replaces and removes tracks, in the order of their lanes', () => {
  write(mix, catalogue, 'tracks/c', track('c', 1));
  expect(mix.tracks.map((one) => one.id)).toEqual(['a', 'c', 'b']);
  write(mix, catalogue, 'tracks/c', { ...track('c', 1), name: 'Bass' });
  write(mix, catalogue, 'tracks/a', null);
  expect(mix.tracks.map((one) => one.name)).toEqual(['Bass', 'b']);
});

it('writes lists as a whole', () => {
  write(mix, catalogue, 'sections', [{ id: 's', start: 0, end: 1, name: 'Intro' }]);
  expect(mix.sections).toHaveLength(1);
});

it.each(['tracks/x/pan', 'tracks/a/wah', 'nothing'])('refuses %s, which is no place here', (path) => {
  expect(write(mix, catalogue, path, 1)).toBe(false);
});
