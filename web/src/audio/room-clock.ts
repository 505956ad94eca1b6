/**
 * The room's clock, carried over to the audio context: which stream frame the reader is to read at the context's frame 0.
 *
 * It takes three things to know that: what the server said of the stream, how its clock lies to ours, and when what the context makes
 * is heard. Who is alone has no such frame, and reads on as audio comes.
 */
import { HOLD, NEVER } from './ring';

const FRAMES_PER_US = 0.048;

/** A frame this far from the one before is believed when it comes twice: a stalled machine reads its clocks wrongly for a moment. */
const DOUBTED = 240;

export interface Told {
  readonly frame: number | null;
  readonly server_us: number | null;
}

export class RoomClock {
  #frame: number | null = null;
  #serverUs = 0;
  #kept: number = NEVER;
  #doubted: number | null = null;

  /** What the server says of the stream: a frame and when it is heard, or that nobody else listens. */
  tell({ frame, server_us }: Told): void {
    const moved = this.#frame === null || frame === null || Math.abs(this.#at(server_us!) - frame) > 1;
    this.#frame = frame;
    this.#serverUs = server_us ?? 0;
    if (moved) this.#kept = NEVER;
  }

  /** The frame to be read at the context's frame 0: NEVER where one is alone, HOLD where it is not known yet. */
  sync(offsetUs: number | null, zeroUs: number | null): number {
    if (this.#frame === null) return (this.#kept = NEVER);
    if (offsetUs === null || zeroUs === null) return (this.#kept = HOLD);
    const wanted = this.#at(zeroUs + offsetUs);
    const sudden = this.#kept !== NEVER && this.#kept !== HOLD && Math.abs(wanted - this.#kept) > DOUBTED;
    const again = this.#doubted !== null && Math.abs(wanted - this.#doubted) <= DOUBTED;
    this.#doubted = sudden ? wanted : null;
    if (!sudden || again) this.#kept = wanted;
    return this.#kept;
  }

  #at(serverUs: number): number {
    return Math.round(this.#frame! + (serverUs - this.#serverUs) * FRAMES_PER_US);
  }
}
