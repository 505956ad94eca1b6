import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Connection, type Line } from './connection';

class FakeSocket {
  sent: string[] = [];
  closed: number | null = null;
  binaryType = '';
  onopen: () => void = () => undefined;
  onmessage: (event: { data: unknown }) => void = () => undefined;
  onclose: (event: { code: number; reason: string }) => void = () => undefined;
  constructor(readonly url: string) {}
  send(text: string): void { this.sent.push(text); }
  close(code: number): void { this.closed = code; }
  welcome(resume: string): void { this.onmessage({ data: JSON.stringify({ type: 'welcome', resume }) }); }
}

let sockets: FakeSocket[];
let lines: Line[];
let connection: Connection;
const latest = () => sockets.at(-1)!;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  lines = [];
  connection = new Connection(
    { line: (line) => lines.push(line), message: () => undefined, media: () => undefined, nonsense: () => undefined },
    {
      socket: (url) => {
        sockets.push(new FakeSocket(url));
        return latest() as unknown as WebSocket;
      },
      random: () => 1,
      playedTo: () => 4_800,
    },
  );
  connection.open({ url: 'ws://desk/ws?ticket=abc', codecs: ['opus'], bufferFrames: 192_000 });
  latest().onopen();
});
afterEach(() => { vi.useRealTimers(); });

it('says hello first, with what it decodes and holds', () => {
  expect(JSON.parse(latest().sent[0]!)).toEqual({ type: 'hello', codecs: ['opus'], buffer_frames: 192_000 });
});

it('sends nothing before it is welcome', () => {
  expect(connection.send({ type: 'play' })).toBe(false);
  latest().welcome('t1');
  expect(connection.send({ type: 'play' })).toBe(true);
});

it('comes back with its token, the frame it has played to, and without the ticket, later each time', () => {
  latest().welcome('t1');
  latest().onclose({ code: 1006, reason: '' });
  expect(lines.at(-1)).toMatchObject({ state: 'waiting', retryMs: 250 });
  vi.advanceTimersByTime(250);
  expect(latest().url).toBe('ws://desk/ws');
  latest().onopen();
  expect(JSON.parse(latest().sent[0]!)).toMatchObject({ resume: 't1', played_to: 4_800 });
  latest().onclose({ code: 1006, reason: '' });
  expect(lines.at(-1)).toMatchObject({ state: 'waiting', retryMs: 500 });
});

it('waits as long as a server that says goodbye asks for', () => {
  latest().onmessage({ data: JSON.stringify({ type: 'bye', reason: 'drain', retry_after_s: 5 }) });
  latest().onclose({ code: 1001, reason: '' });
  expect(lines.at(-1)).toMatchObject({ state: 'waiting', retryMs: 5125 });
});

it('says that the server is busy', () => {
  latest().onclose({ code: 1013, reason: '' });
  expect(lines.at(-1)).toMatchObject({ state: 'waiting', busy: true });
});

it.each([[1000, 'done'], [1008, 'refused'], [4000, 'failed'], [4002, 'gone'], [4004, 'replaced']])('stays away after %i', (code, ending) => {
  latest().onclose({ code, reason: '' });
  vi.advanceTimersByTime(60_000);
  expect(lines.at(-1)).toMatchObject({ state: 'closed', ending });
  expect(sockets).toHaveLength(1);
});

it('hears nothing more of a socket that it has left', () => {
  const old = latest();
  connection.close();
  old.onclose({ code: 1006, reason: '' });
  expect(lines.filter((line) => line.state === 'waiting')).toEqual([]);
});
