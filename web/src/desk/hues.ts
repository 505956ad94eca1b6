/** The eight hues of tracks: equal in lightness and weight (OKLCH 0.76, 0.115), so that none shouts. */
export const HUES = ['#f1938c', '#e99d67', '#c8b055', '#79c68a', '#40c8c1', '#5fbdf0', '#a9a6f7', '#de95ce'] as const;

export const HUE_NAMES = ['Red', 'Orange', 'Yellow', 'Green', 'Teal', 'Blue', 'Violet', 'Pink'] as const;

export const hueOf = (colour: number): string => HUES[colour % HUES.length]!;

/** Buses and the master have no hue. */
export const NEUTRAL = '#b3b7c1';
