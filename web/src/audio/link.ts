/** The Worker between server and ring: socket, decoder and writer live here, so that a page that is busy is not heard. */
import { Connection } from '../wire/connection';
import type { ClientMessage, Codec, Pong, Welcome } from '../wire/messages';
import type { FromLink, FromWorkletPort, ToLink, ToWorkletPort } from './messages';
import { PortSink } from './port-sink';
import { Receiver, type Sink } from './receiver';
import { CAPACITY, HOLD, Ring, RUNNING } from './ring';
import { RoomClock, type Told } from './room-clock';
import { ServerClock } from './server-clock';
import { GUARD, type Join, Writer } from './writer';

/** Four seconds: the server's lead and two more; the rest of the ring is what was just played. */
const BUFFER_FRAMES = 192_000;
const ACK_MS = 700;
const PING_MS = 1_000;

/** A new line is asked for its clock so many times at once, so often. */
const FIRST_PINGS = 20;
const FIRST_PING_MS = 30;
const FRAMES_PER_US = 0.048;

/** The playhead and the end of what is there, wherever the ring is. */
interface Place {
  readonly playhead: number;
  readonly end: number;
  readonly state: number;
  readonly drift: number;
}

const scope = self as unknown as { postMessage(message: FromLink): void; onmessage: (event: MessageEvent<ToLink>) => void };
const post = (message: FromLink): void => { scope.postMessage(message); };
const clientUs = (): number => Math.round((performance.timeOrigin + performance.now()) * 1000);

class Link {
  readonly #connection: Connection;
  #receiver: Receiver | null = null;
  #sink: Sink | null = null;
  #place: Place = { playhead: 0, end: 0, state: 0, drift: 0 };
  readonly #server = new ServerClock();
  readonly #room = new RoomClock();
  #zeroUs: number | null = null;
  #sync = 0;

  constructor() {
    this.#connection = new Connection(
      {
        line: (line) => { post({ kind: 'line', line }); },
        message: (message) => {
          if (message.type === 'pong') this.#pong(message);
          else if (message.type === 'clock') this.#clock(message);
          else {
            if (message.type === 'welcome') this.#welcome(message);
            this.#receiver?.message(message);
            post({ kind: 'message', message });
          }
          if (message.type === 'welcome') this.ack();
        },
        media: (media) => { this.#receiver?.media(media); },
        nonsense: (reason) => { post({ kind: 'trouble', reason }); },
      },
      { socket: (url) => new WebSocket(url, 'stemwire.v1'), random: Math.random, playedTo: () => this.#place.playhead },
    );
    setInterval(() => { this.ack(); }, ACK_MS);
    setInterval(() => { this.#ping(); }, PING_MS);
  }

  command(command: ToLink): void {
    if (command.kind === 'ring') this.#share(command.buffer);
    else if (command.kind === 'port') this.#throughPort(command.port);
    else if (command.kind === 'open') this.#open(command);
    else if (command.kind === 'send') this.#send(command.message);
    else if (command.kind === 'ack') this.ack();
    else if (command.kind === 'output') this.#output(command.zeroUs);
    else if (command.kind === 'retry') this.#connection.retry();
    else this.#leave();
  }

  ack(join?: Join): void {
    const { playhead, end } = this.#place;
    const ready = join && this.#receiver?.readyMs(join);
    const heardUs = this.#heardUs(playhead);
    this.#connection.send({
      type: 'ack',
      epoch: join?.epoch ?? this.#receiver?.epoch ?? 0,
      played_to: playhead,
      buffered: Math.max(0, end - playhead),
      client_us: clientUs(),
      ...(heardUs !== null ? { heard_us: heardUs } : {}),
      ...(join !== undefined && join.late > 0 ? { late: join.late } : {}),
      // A splice must be in the ring before the reader may come near it, so the guard is part of what the margin has to cover.
      ...(ready !== undefined ? { ready_us: Math.round(ready * 1000 + GUARD / 0.048) } : {}),
    });
    if (join) post({ kind: 'joined', join, readyMs: ready });
  }

  #open({ url, codecs }: { url: string; codecs: readonly Codec[] }): void {
    this.#leave();
    this.#connection.open({ url, codecs, bufferFrames: BUFFER_FRAMES });
  }

  #leave(): void {
    this.#connection.close();
    this.#receiver?.close();
    this.#clock({ frame: null, server_us: null });
  }

  #welcome({ codec }: Welcome): void {
    this.#receiver?.welcome(codec);
    this.#server.forget();
    this.#clock({ frame: null, server_us: null });
    for (let i = 0; i < FIRST_PINGS; i++) setTimeout(() => { this.#ping(); }, i * FIRST_PING_MS);
  }

  #ping(): void {
    this.#connection.send({ type: 'ping', client_us: clientUs() });
  }

  #pong({ client_us, server_us }: Pong): void {
    const now = clientUs();
    this.#server.add(client_us, now, server_us);
    if (this.#sync === HOLD) this.#tune();
    post({ kind: 'roundTrip', ms: (now - client_us) / 1000 });
  }

  #clock(told: Told): void {
    this.#room.tell(told);
    this.#tune();
  }

  #output(zeroUs: number | null): void {
    this.#zeroUs = zeroUs;
    this.#tune();
  }

  /** Carry the room's clock over to the reader. */
  #tune(): void {
    this.#sync = this.#room.sync(this.#server.offsetUs, this.#zeroUs);
    this.#sink?.sync(this.#sync);
  }

  /** When, by the server's clock, a frame that is read now leaves the loudspeaker. */
  #heardUs(frame: number): number | null {
    const { state, drift } = this.#place;
    const { offsetUs } = this.#server;
    if (state !== RUNNING || offsetUs === null || this.#zeroUs === null) return null;
    return Math.max(0, Math.round(this.#zeroUs + offsetUs + (frame - drift) / FRAMES_PER_US));
  }

  #send(message: ClientMessage): void {
    const full = message.type === 'set' ? { ...message, played_to: this.#place.playhead } : message;
    if (this.#connection.send(full)) this.#receiver?.sent(message);
  }

  #share(buffer: SharedArrayBuffer): void {
    const ring = new Ring(buffer);
    this.#place = ring;
    this.#receive(new Writer(ring, (join) => { this.ack(join); }));
  }

  #throughPort(port: MessagePort): void {
    const sink = new PortSink((message: ToWorkletPort, transfer) => { port.postMessage(message, transfer); });
    port.onmessage = ({ data }: MessageEvent<FromWorkletPort>) => {
      if (data.kind === 'at') this.#place = data;
      else this.ack(data.join);
    };
    this.#receive(sink);
  }

  #receive(sink: Sink): void {
    this.#sink = sink;
    this.#receiver = new Receiver(sink, () => performance.now(), (reason) => { post({ kind: 'trouble', reason }); });
  }
}

const link = new Link();
scope.onmessage = ({ data }) => { link.command(data); };

// The server is promised that what it may send never overwrites what has not been played.
if (BUFFER_FRAMES > CAPACITY) throw new Error('the ring is smaller than the credit');
