/** One parameter of the desk as a control sees it: where it stands, what it says, and how it is turned. */
import { nudged, type Parameter, parseValue, spoken, text, toPosition, toValue } from '../desk/catalogue';
import type { Desk } from './desk.svelte';

export interface Control {
  readonly label: string;
  readonly doc: string;
  /** Why it cannot be turned; null if it can. */
  readonly locked: string | null;
  readonly position: number;
  readonly rest: number;
  readonly shown: string;
  readonly spoken: string;
  /** A name for all that one movement of the hand does. */
  gesture(): string;
  move(position: number, gesture: string): void;
  nudge(ticks: number, gesture: string): void;
  reset(): void;
  /** Take what somebody typed; false if it is no value. */
  type(entry: string): boolean;
}

/** The control of the parameter at `path`; `of` is whose it is, for those who hear instead of see. */
export function controlOf(desk: Desk, path: string, of = ''): Control {
  const row: Parameter = desk.row(path);
  const value = (): number => desk.number(path);
  return {
    label: of === '' ? row.label : `${of} ${row.label}`,
    doc: row.doc,
    get locked() { return desk.locked; },
    get position() { return toPosition(row, value()); },
    rest: toPosition(row, row.default),
    get shown() { return text(row, value()); },
    get spoken() { return spoken(row, value()); },
    gesture: () => desk.gesture(),
    move: (position, gesture) => { desk.set(path, toValue(row, position), gesture); },
    nudge: (ticks, gesture) => { desk.set(path, nudged(row, value(), ticks), gesture); },
    reset: () => { desk.set(path, row.default); },
    type: (entry) => {
      const typed = parseValue(row, entry);
      if (typed !== null) desk.set(path, typed);
      return typed !== null;
    },
  };
}
