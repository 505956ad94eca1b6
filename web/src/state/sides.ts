/** The comparison of a page, remembered over a reload: without it the desk that was left for a moment would seem lost. */
import type { SideName, Source } from '../desk/compare';

const KEY = 'stemwire.sides';
type Store = Pick<Storage, 'getItem' | 'setItem' | 'removeItem'>;

export interface Sides {
  readonly project: string;
  readonly sides: Record<SideName, Source>;
  readonly heard: SideName;
  /** Revisions of the desk that was left, and of what is heard instead. */
  readonly home: string;
  readonly standing: string;
}

export function remember(store: Store, sides: Sides): void { store.setItem(KEY, JSON.stringify(sides)); }

export function forget(store: Store): void { store.removeItem(KEY); }

/** What was remembered of a song; null if nothing was, or nothing sensible. */
export function recall(store: Store, project: string): Sides | null {
  const known = parsed(store.getItem(KEY) ?? 'null');
  if (known?.project !== project || known.sides === undefined) return null;
  const whole = (known.heard === 'A' || known.heard === 'B') && typeof known.home === 'string' && typeof known.standing === 'string';
  return whole ? known as Sides : null;
}

function parsed(text: string): Partial<Sides> | null {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' ? value : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
