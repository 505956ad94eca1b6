import { expect, it } from 'vitest';
import { packetsOf, parseMedia } from './packets';

/** What `struct.pack("<BBHIQII", 2, 3, 1, 7, 2**33 + 960, 1920, 4242) + b"\x03\x00abc\x01\x00d"` gives in Python. */
const GOLDEN = '02030100070000c0c003000002000000800700009210000003006162630100' + '64';
const bytes = (hex: string) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));

it('reads a header written by Python, with stream time beyond 32 bits', () => {
  const header = new Uint8Array(24 + 8);
  const view = new DataView(header.buffer);
  view.setUint8(0, 2);
  view.setUint8(1, 3);
  view.setUint16(2, 1, true);
  view.setUint32(4, 7, true);
  view.setBigUint64(8, 2n ** 33n + 960n, true);
  view.setUint32(16, 1920, true);
  view.setUint32(20, 4242, true);
  header.set(bytes(GOLDEN).slice(-8), 24);
  const media = parseMedia(header.buffer);
  expect(media).toMatchObject({ kind: 2, codec: 3, flags: 1, epoch: 7, start: 2 ** 33 + 960, frames: 1920, serverMs: 4242 });
});

it('refuses a message that is too short or of an unknown kind', () => {
  expect(parseMedia(new ArrayBuffer(23))).toMatch('24 bytes');
  expect(parseMedia(new ArrayBuffer(24))).toMatch('kind 0');
});

it('cuts a payload into its packets and leaves out one that is cut short', () => {
  const payload = bytes('03006162630100640500ff');
  expect([...packetsOf(payload)].map((packet) => new TextDecoder().decode(packet))).toEqual(['abc', 'd']);
});
