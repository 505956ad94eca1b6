/** Messages and curves written by the server's own tests: the same files are read on both sides of the wire. */
import { expect, it } from 'vitest';
import media from '../../../tests/golden/media.json';
import messages from '../../../tests/golden/messages.json';
import tapers from '../../../tests/golden/tapers.json';
import { positionOf, type Taper, valueAt } from '../desk/taper';
import { parseMessage } from './messages';
import { parseMedia } from './packets';

const fromHex = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

it.each(media)('reads media: $name', ({ message, payload, server_ms: serverMs, kind, codec, flags, epoch, start, frames }) => {
  const read = parseMedia(fromHex(message).buffer);
  expect(read).toMatchObject({ kind, codec, flags, epoch, start, frames, serverMs });
  expect(typeof read === 'string' ? read : [...read.payload]).toEqual([...fromHex(payload)]);
});

it.each(messages.server)('knows what the server says: $type', (message) => {
  expect(parseMessage(JSON.stringify(message))).toEqual(message);
});

it.each([['{"type":"unheard"}'], ['{"type":"state","frame":1.5}'], ['[]'], ['nonsense']])('passes over %s', (text) => {
  expect(parseMessage(text)).toBeNull();
});

it.each(tapers)('turns $name as the server does', ({ taper, low, high, points }) => {
  for (const [position, value] of points as [number, number][]) {
    expect(valueAt(taper as Taper, low, high, position)).toBeCloseTo(value, 6);
    expect(positionOf(taper as Taper, low, high, value)).toBeCloseTo(position, 8);
  }
});
