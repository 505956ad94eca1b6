import { beforeEach, expect, it } from 'vitest';
import { Catalogue } from '../desk/catalogue';
import { Bypass } from './bypass.svelte';
import { Desk, type Outgoing } from './desk.svelte';

const row = (scope: 'track' | 'reverb' | 'master', name: string, taper: 'switch' | 'fader') => ({ scope, name, label: name, unit: '', low: taper === 'fader' ? -90 : 0, high: 10, default: taper === 'switch' ? name === 'limiter/on' : 0, taper, doc: '', choices: [] });
const catalogue = new Catalogue([
  row('track', 'gate/on', 'switch'), row('track', 'eq/on', 'switch'), row('track', 'compressor/on', 'switch'),
  row('reverb', 'return_db', 'fader'), row('master', 'eq/on', 'switch'), row('master', 'limiter/on', 'switch'),
]);
let sent: Outgoing[];
let refused: string[];
let desk: Desk;
let bypass: Bypass;

beforeEach(() => {
  sent = [];
  refused = [];
  desk = new Desk((edit) => { sent.push(edit); return true; }, (why) => { refused.push(why); }, () => null, catalogue);
  const track = { id: 'a', lane: 0, name: 'a', colour: 0, role: '', clips: [], params: { 'eq/on': true, 'compressor/on': true }, group: null, solo: false, mute: false };
  desk.load({ ...desk.mix, tracks: [track], effects: [{ id: 'verb', kind: 'reverb', params: { return_db: -6 } }] });
  bypass = new Bypass(desk);
});

it('takes out what is in, as one movement, and puts exactly that in again as another', () => {
  bypass.toggle('tracks/a');
  desk.flush();
  expect(sent.map(({ path, value }) => [path, value])).toEqual([['tracks/a/eq/on', false], ['tracks/a/compressor/on', false]]);
  expect(new Set(sent.map(({ gesture }) => gesture)).size).toBe(1);
  expect(bypass.isOut('tracks/a')).toBe(true);
  bypass.toggle('tracks/a');
  expect(['gate', 'eq', 'compressor'].map((stage) => desk.on(`tracks/a/${stage}/on`))).toEqual([false, true, true]);
  expect(bypass.isOut('tracks/a')).toBe(false);
});

it('is no longer out when a hand puts a stage in', () => {
  bypass.toggle('tracks/a');
  desk.set('tracks/a/gate/on', true);
  expect(bypass.isOut('tracks/a')).toBe(false);
});

it('brings an effect down and back to where it was', () => {
  bypass.toggle('effects/verb');
  expect(desk.number('effects/verb/return_db')).toBe(-90);
  bypass.toggle('effects/verb');
  expect(desk.number('effects/verb/return_db')).toBe(-6);
});

it('leaves the limiter in, and says why where there is nothing to bypass', () => {
  expect(bypass.refused('master')).toContain('nothing to bypass');
  bypass.toggle('master');
  expect(desk.on('master/limiter/on')).toBe(true);
  expect(sent).toEqual([]);
});

it('does nothing while the desk is locked but say why', () => {
  desk.elsewhere = 'B is only listened to.';
  bypass.toggle('tracks/a');
  desk.set('tracks/a/eq/on', false);
  expect(desk.on('tracks/a/eq/on')).toBe(true);
  expect(refused).toEqual(['B is only listened to.', 'B is only listened to.']);
});
