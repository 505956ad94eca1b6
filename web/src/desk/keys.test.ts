import { expect, it } from 'vitest';
import { keyFor, KEYS, type Press } from './keys';

const press = (fields: Partial<Press>): Press => ({ code: '', key: '', ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...fields });
const does = (fields: Partial<Press>) => keyFor(press(fields))?.does;

it('finds keys by their place and signs by what they print', () => {
  expect(does({ code: 'Space', key: ' ' })).toBe('Play or pause');
  expect(does({ code: 'KeyM', key: 'm' })).toBe('Mute the selected track');
  expect(does({ code: 'Minus', key: '?', shiftKey: true })).toBe('This sheet');
  expect(does({ code: 'BracketLeft', key: '[' })).toBe('Cycle starts here');
});

it('tells undo from redo, on Macs too', () => {
  expect(does({ code: 'KeyZ', key: 'z', ctrlKey: true })).toBe('Undo');
  expect(does({ code: 'KeyZ', key: 'Z', metaKey: true, shiftKey: true })).toBe('Redo');
  expect(does({ code: 'KeyZ', key: 'z' })).toBeUndefined();
});

it('leaves shortcuts of the browser alone', () => {
  expect([does({ code: 'KeyR', key: 'r', ctrlKey: true }), does({ code: 'KeyF', key: 'f', altKey: true })]).toEqual([undefined, undefined]);
});

it('prints every row once', () => {
  expect(new Set(KEYS.map(({ shown }) => shown)).size).toBe(KEYS.length);
});
