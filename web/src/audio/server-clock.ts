/** The server's clock as it is known here: of the latest pings the one that came back soonest says most. */

const REMEMBERED = 20;
const TRUSTED = 12;

interface Ping {
  readonly roundTripUs: number;
  readonly offsetUs: number;
}

export class ServerClock {
  #pings: Ping[] = [];

  /** A ping that left at `sentUs` came back at `receivedUs` (our clock); the server answered at `serverUs` (its clock). */
  add(sentUs: number, receivedUs: number, serverUs: number): void {
    this.#pings = [...this.#pings.slice(1 - REMEMBERED), { roundTripUs: receivedUs - sentUs, offsetUs: serverUs - (sentUs + receivedUs) / 2 }];
  }

  /** What must be added to our clock to have the server's, in microseconds; null while there are too few pings to trust. */
  get offsetUs(): number | null {
    if (this.#pings.length < TRUSTED) return null;
    return this.#pings.reduce((best, ping) => (ping.roundTripUs < best.roundTripUs ? ping : best)).offsetUs;
  }

  /** Another server, perhaps. */
  forget(): void {
    this.#pings = [];
  }
}
