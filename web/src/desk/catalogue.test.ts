import { expect, it } from 'vitest';
import { Catalogue, dbText, nudged, type Parameter, parseValue, spoken, text, toPosition, toValue, valueIn } from './catalogue';
import type { Mix } from './mix';

const row = (fields: Partial<Parameter>): Parameter =>
  ({ scope: 'track', name: 'x', label: 'X', unit: 'dB', low: -90, high: 10, default: 0, taper: 'fader', doc: '', choices: [], ...fields });
const fader = row({ name: 'fader_db' });
const pan = row({ name: 'pan', unit: '', low: -1, high: 1, taper: 'linear' });
const frequency = row({ name: 'eq/1/frequency_hz', unit: 'Hz', low: 20, high: 20_000, default: 100, taper: 'log' });
const ratio = row({ name: 'compressor/ratio', unit: ':1', low: 1, high: 20, default: 3, taper: 'log' });
const attack = row({ name: 'compressor/attack_ms', unit: 'ms', low: 0.1, high: 200, default: 10, taper: 'log' });
const knee = row({ name: 'compressor/knee_db', low: 0, high: 24, default: 6, taper: 'linear' });
const mute = row({ name: 'mute', unit: '', low: 0, high: 1, taper: 'switch' });
const catalogue = new Catalogue([fader, pan, mute, row({ scope: 'reverb', name: 'decay_s' }), row({ scope: 'master', name: 'limiter/on' })]);
const mix = {
  tracks: [{ id: 't1', mute: true, params: { pan: -0.5 } }], effects: [{ id: 'reverb', params: {} }], master: { params: { 'limiter/on': false } },
} as unknown as Mix;

it('finds the row of a path in each scope', () => {
  expect(['tracks/t1/pan', 'effects/reverb/decay_s', 'master/limiter/on', 'tracks/t1/wah'].map((path) => catalogue.at(path)?.name))
    .toEqual(['pan', 'decay_s', 'limiter/on', undefined]);
});

it('reads what is set, fields of a track, and rest values', () => {
  expect([valueIn(mix, 'tracks/t1/pan', pan), valueIn(mix, 'tracks/t1/mute', mute), valueIn(mix, 'tracks/t1/fader_db', fader)]).toEqual([-0.5, true, 0]);
});

it.each([
  [fader, -2.84, '−2.8 dB', '−2.8 dB'], [fader, -90, '−∞ dB', 'off'], [fader, -0.04, '0.0 dB', '0.0 dB'],
  [pan, -0.64, 'L64', '64 left'], [pan, 0, 'C', 'centre'],
  [frequency, 2600, '2.6 kHz', '2.6 kHz'], [frequency, 80, '80 Hz', '80 Hz'],
  [ratio, 3, '3 : 1', '3 to 1'], [attack, 12, '12 ms', '12 ms'], [knee, 6, '6.0 dB', '6.0 dB'],
] as const)('says %o at %d as %s', (parameter, value, shown, said) => {
  expect([text(parameter, value), spoken(parameter, value)]).toEqual([shown, said]);
});

it('moves decibels by halves and pages of three', () => {
  expect([nudged(fader, -3, 1), nudged(fader, -3, -10), nudged(fader, 9.9, 1)]).toEqual([-2.5, -6, 10]);
});

it.each([[fader, '-6', -6], [fader, '−6,5 dB', -6.5], [fader, 'off', -90], [pan, 'L30', -0.3], [pan, 'c', 0], [frequency, '2.4k', 2400],
  [attack, '0.1 s', 100], [fader, '99', 10], [fader, 'loud', null]] as const)('reads %o typed as %s', (parameter, typed, value) => {
  expect(parseValue(parameter, typed)).toBe(value);
});

it('comes back from any position within a rounding', () => {
  for (const parameter of [fader, pan, frequency, ratio, attack]) {
    for (let i = 0; i <= 20; i++) expect(toPosition(parameter, toValue(parameter, i / 20))).toBeCloseTo(i / 20, 2);
  }
});

it('prints decibels with a true minus and no negative zero', () => {
  expect([dbText(-6), dbText(2.25), dbText(-0.04)]).toEqual(['−6.0', '+2.3', '0.0']);
});
