/** Times how long edits of ours take to be heard, on the audio clock: turned, placed on a stream frame, played. */

/** How long an edit took to be heard: from `set` to the first frame at or after its splice. */
export interface Heard {
  readonly editId: number;
  readonly path: string;
  readonly spliceFrame: number;
  readonly knobToEarMs: number;
}

interface Turned {
  readonly path: string;
  readonly contextFrame: number;
}

const FRAMES_PER_MS = 48;
/** Edits that have no frame yet; older ones are forgotten. */
const WAITING = 64;

export class Stopwatch {
  readonly #turned = new Map<number, Turned>();
  #watched: { editId: number; spliceFrame: number; turned: Turned } | null = null;

  /** An edit leaves while audio runs, at this frame of the audio context. */
  turn(editId: number, path: string, contextFrame: number): void {
    this.#turned.set(editId, { path, contextFrame });
    if (this.#turned.size > WAITING) this.#turned.delete(this.#turned.keys().next().value!);
  }

  /** An edit has its frame. Gives the frame to watch for, or null: one edit at a time is timed. */
  place(editId: number, spliceFrame: number): number | null {
    const turned = this.#turned.get(editId);
    this.#turned.delete(editId);
    if (turned === undefined || this.#watched !== null) return null;
    this.#watched = { editId, spliceFrame, turned };
    return spliceFrame;
  }

  /** A splice came late and was joined at `from` instead. Gives the frame to watch for, or null if it is not ours. */
  moveTo(startsAt: number, from: number): number | null {
    if (this.#watched?.spliceFrame !== startsAt) return null;
    this.#watched = { ...this.#watched, spliceFrame: from };
    return from;
  }

  /** A watched frame was played, at this frame of the audio context. */
  played(frame: number, contextFrame: number): Heard | null {
    if (this.#watched?.spliceFrame !== frame) return null;
    const { editId, spliceFrame, turned } = this.#watched;
    this.#watched = null;
    return { editId, path: turned.path, spliceFrame, knobToEarMs: (contextFrame - turned.contextFrame) / FRAMES_PER_MS };
  }

  /** The music rests or begins anew: an edit that was not heard until now says nothing about the line. */
  reset(): void {
    this.#turned.clear();
    this.#watched = null;
  }
}
