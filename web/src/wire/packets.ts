/** Media messages: the 24-byte header of the wire protocol and the packets behind it. Knows no audio. */

export const HEADER_BYTES = 24;

/** Bits of `Media.flags`. */
export const LAST = 1;

export interface Media {
  /** 1 is audio to be heard, 2 is pre-roll: decode and drop. */
  readonly kind: 1 | 2;
  readonly codec: number;
  readonly flags: number;
  readonly epoch: number;
  /** Stream frame of the first input frame. */
  readonly start: number;
  readonly frames: number;
  readonly serverMs: number;
  readonly payload: Uint8Array;
}

/** Read one binary message, or say why it is none. */
export function parseMedia(message: ArrayBuffer): Media | string {
  if (message.byteLength < HEADER_BYTES) return `expected at least ${String(HEADER_BYTES)} bytes, got ${String(message.byteLength)}`;
  const view = new DataView(message);
  const kind = view.getUint8(0);
  if (kind !== 1 && kind !== 2) return `unknown kind ${String(kind)}`;
  return {
    kind,
    codec: view.getUint8(1),
    flags: view.getUint16(2, true),
    epoch: view.getUint32(4, true),
    start: Number(view.getBigUint64(8, true)),
    frames: view.getUint32(16, true),
    serverMs: view.getUint32(20, true),
    payload: new Uint8Array(message, HEADER_BYTES),
  };
}

/** Cut an Opus payload into packets: each has its length before it. A cut short last packet is left out. */
export function* packetsOf(payload: Uint8Array): Generator<Uint8Array> {
  const view = new DataView(payload.buffer, payload.byteOffset, payload.byteLength);
  let at = 0;
  while (at + 2 <= payload.byteLength) {
    const length = view.getUint16(at, true);
    if (at + 2 + length > payload.byteLength) return;
    yield payload.subarray(at + 2, at + 2 + length);
    at += 2 + length;
  }
}
