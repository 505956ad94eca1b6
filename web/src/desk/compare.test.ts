import { describe, expect, it } from 'vitest';
import { Catalogue } from './catalogue';
import { BYPASS, canonical, DESK, keyOf, levelsOf, nameOf, trimText } from './compare';
import type { Mix } from './mix';

const row = (scope: 'track' | 'master', name: string) => ({ scope, name, label: name, unit: 'dB', low: -24, high: 24, default: 0, taper: 'linear' as const, doc: '', choices: [] });
const catalogue = new Catalogue([row('track', 'trim_db'), row('track', 'width'), row('master', 'trim_db'), row('master', 'fader_db')]);
const track = (id: string, params = {}) => ({ id, lane: 0, name: id, colour: 0, role: '', clips: [], params, group: null, solo: false, mute: false });
const mix = (part: Partial<Mix> = {}): Mix => ({ schema: 1, tempo_map: [], markers: [], sections: [], tracks: [track('a'), track('b')], groups: [], effects: [], master: { params: {} }, automation: {}, ...part });

describe('two mixes', () => {
  const same = (one: Mix, other: Mix) => canonical(one, catalogue) === canonical(other, catalogue);

  it('are the same whatever the order of fields and tracks, and whether what rests is said', () => {
    const { id, ...rest } = track('a', { width: 0, trim_db: 3 });
    expect(same(mix({ tracks: [track('b'), { ...rest, id }] }), mix({ tracks: [track('a', { trim_db: 3 }), track('b')] }))).toBe(true);
  });

  it('are the same if only the trim of the output differs, which makes them equally loud', () => {
    expect(same(mix(), mix({ master: { params: { trim_db: -3 } } }))).toBe(true);
  });

  it('differ by a trim of a track, a fader, a mute, a name', () => {
    const others: Partial<Mix>[] = [
      { tracks: [track('a', { trim_db: -3 }), track('b')] }, { master: { params: { fader_db: 1 } } },
      { tracks: [{ ...track('a'), mute: true }, track('b')] }, { tracks: [{ ...track('a'), name: 'Bass' }, track('b')] },
    ];
    for (const other of others) expect(same(mix(), mix(other)), JSON.stringify(other)).toBe(false);
  });
});

it('gives every source a key of its own and a name', () => {
  const sources = [DESK, BYPASS, { kind: 'revision', id: 'r1', name: 'Loud' }, { kind: 'preset', id: 'warm', target: 'master', name: 'Warm' }, { kind: 'preset', id: 'warm', target: 'tracks/a', name: 'Warm' }] as const;
  expect(new Set(sources.map(keyOf)).size).toBe(sources.length);
  expect(sources.map(nameOf)).toEqual(['The desk', 'All bypassed', 'Loud', 'Warm', 'Warm']);
});

it('reads levels only where both sides are there', () => {
  const side = (loudness_lufs: number | null, trim_db: number) => ({ loudness_lufs, trim_db });
  expect(levelsOf({ sides: [side(-14, -3), side(-17, 0)] })).toEqual([{ lufs: -14, trimDb: -3 }, { lufs: -17, trimDb: 0 }]);
  for (const figures of [undefined, {}, { sides: [side(-14, 0)] }, { sides: [side(-14, 0), { trim_db: 'loud' }] }]) expect(levelsOf(figures)).toBeNull();
});

it('tells a trim that is heard', () => {
  expect([-3.24, -0.04, 0].map(trimText)).toEqual(['−3.2 dB', '', '']);
});
