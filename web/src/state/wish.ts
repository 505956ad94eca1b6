/** The latest wish for a bounce, remembered by the browser; what is stored badly is forgotten. */
import { FORMS, inFormat, USUAL, type Wish } from '../desk/delivery';

const KEY = 'stemwire.bounce';
type Store = Pick<Storage, 'getItem' | 'setItem'>;

/** What was wished for last, never "what I heard": there is nothing heard yet in a new page. */
export function recalled(store: Store): Wish {
  const wish = { ...USUAL, tags: {}, ...stored(store) };
  return inFormat({ ...wish, what: 'song' }, wish.format in FORMS ? wish.format : 'wav');
}

export function remember(store: Store, wish: Wish): void {
  store.setItem(KEY, JSON.stringify(wish));
}

function stored(store: Store): Partial<Wish> {
  try {
    const value: unknown = JSON.parse(store.getItem(KEY) ?? '{}');
    return typeof value === 'object' && value !== null ? value : {};
  } catch (error) {
    if (error instanceof SyntaxError) return {};
    throw error;
  }
}
