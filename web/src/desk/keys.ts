/** The keyboard as a table: it drives the keys and writes the sheet that `?` shows. */
import type { Actions } from '../state/actions';
import type { Studio } from '../state/studio.svelte';

export interface Key {
  /** As printed on the sheet. */
  readonly shown: string;
  readonly group: 'Transport' | 'Tracks' | 'View' | 'Desk';
  readonly does: string;
  /** `KeyboardEvent.code`, or a printed character (for signs whose key differs between layouts). */
  readonly on: readonly string[];
  readonly ctrl?: boolean;
  readonly shift?: boolean;
  readonly run: (actions: Actions, studio: Studio) => void;
}

export const KEYS: readonly Key[] = [
  { shown: 'Space', group: 'Transport', does: 'Play or pause', on: ['Space', 'KeyK'], run: (a) => { a.playOrPause(); } },
  { shown: '.', group: 'Transport', does: 'Stop', on: ['.'], run: (a) => { a.stop(); } },
  { shown: 'J', group: 'Transport', does: 'Back 5 seconds', on: ['KeyJ'], run: (a) => { a.seekBy(-5); } },
  { shown: 'L', group: 'Transport', does: 'Forward 5 seconds', on: ['KeyL'], run: (a) => { a.seekBy(5); } },
  { shown: '←', group: 'Transport', does: 'Back 1 second', on: ['ArrowLeft'], run: (a) => { a.seekBy(-1); } },
  { shown: '→', group: 'Transport', does: 'Forward 1 second', on: ['ArrowRight'], run: (a) => { a.seekBy(1); } },
  { shown: 'Home', group: 'Transport', does: 'To the start', on: ['Home'], run: (a) => { a.toStart(); } },
  { shown: 'End', group: 'Transport', does: 'To the end', on: ['End'], run: (a) => { a.toEnd(); } },
  { shown: 'C', group: 'Transport', does: 'Cycle on or off', on: ['KeyC'], run: (a) => { a.toggleLoop(); } },
  { shown: '[', group: 'Transport', does: 'Cycle starts here', on: ['['], run: (a) => { a.loopFromHere(); } },
  { shown: ']', group: 'Transport', does: 'Cycle ends here', on: [']'], run: (a) => { a.loopToHere(); } },
  { shown: '↑', group: 'Tracks', does: 'Track before', on: ['ArrowUp'], run: (a) => { a.selectBy(-1); } },
  { shown: '↓', group: 'Tracks', does: 'Next track', on: ['ArrowDown'], run: (a) => { a.selectBy(1); } },
  { shown: 'M', group: 'Tracks', does: 'Mute the selected track', on: ['KeyM'], run: (a) => { a.mute(); } },
  { shown: 'S', group: 'Tracks', does: 'Solo the selected track', on: ['KeyS'], run: (a) => { a.solo(); } },
  { shown: 'R', group: 'Tracks', does: 'Read the levels aloud', on: ['KeyR'], run: (a) => { a.readLevels(); } },
  { shown: '+', group: 'View', does: 'Zoom in', on: ['+', '='], run: (a) => { a.zoomBy(1.5); } },
  { shown: '−', group: 'View', does: 'Zoom out', on: ['-'], run: (a) => { a.zoomBy(1 / 1.5); } },
  { shown: '0', group: 'View', does: 'The whole song', on: ['Digit0'], run: (a) => { a.zoomWhole(); } },
  { shown: 'F', group: 'View', does: 'Follow the playhead', on: ['KeyF'], run: (_, s) => { s.follow = !s.follow; } },
  { shown: 'Ctrl Z', group: 'Desk', does: 'Undo', on: ['KeyZ'], ctrl: true, run: (_, s) => { s.undo(); } },
  { shown: 'Ctrl Shift Z', group: 'Desk', does: 'Redo', on: ['KeyZ'], ctrl: true, shift: true, run: (_, s) => { s.redo(); } },
  { shown: 'X', group: 'Desk', does: 'Hear the other side, A or B', on: ['KeyX'], run: (_, s) => { s.comparison.toggle(); } },
  { shown: 'Y', group: 'Tracks', does: 'Bypass all stages of the selected track, or put them in again', on: ['KeyY'], run: (a) => { a.bypass(); } },
  { shown: 'B', group: 'Desk', does: 'Bounce', on: ['KeyB'], run: (a) => { a.show.bounce(); } },
  { shown: '?', group: 'Desk', does: 'This sheet', on: ['?'], run: (a) => { a.show.help(); } },
];

export type Press = Pick<KeyboardEvent, 'code' | 'key' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>;

/** The row that a press of keys means. */
export function keyFor(press: Press): Key | undefined {
  if (press.altKey) return undefined;
  const ctrl = press.ctrlKey || press.metaKey;
  return KEYS.find(({ on, ctrl: wantsCtrl = false, shift = false }) => {
    if (wantsCtrl !== ctrl) return false;
    if (on.includes(press.key) && press.key.length === 1) return true;
    return on.includes(press.code) && shift === press.shiftKey;
  });
}

/** Keys that a focused control keeps for itself. */
export function belongsTo(target: EventTarget | null, press: Press): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest('input, textarea, select, dialog, [popover]') !== null) return true;
  if (target.role === 'slider') return /^(Arrow|Home|End|Page|Enter|Delete|Backspace)/.test(press.key);
  return target instanceof HTMLButtonElement && (press.code === 'Space' || press.key === 'Enter');
}
