import { describe, expect, it } from 'vitest';
import { Loudspeaker } from './loudspeaker';
import { HOLD, NEVER } from './ring';
import { RoomClock } from './room-clock';
import { ServerClock } from './server-clock';

describe('the server\'s clock', () => {
  it('is what the ping with the least round trip says', () => {
    const clock = new ServerClock();
    for (let i = 0; i < 11; i++) clock.add(1000, 9000, 105_000);
    expect(clock.offsetUs).toBeNull();
    clock.add(1000, 1400, 101_200);
    expect(clock.offsetUs).toBe(100_000);
  });

  it('forgets what is long ago', () => {
    const clock = new ServerClock();
    clock.add(0, 10, 5);
    for (let i = 0; i < 20; i++) clock.add(0, 1000, 7500);
    expect(clock.offsetUs).toBe(7000);
  });
});

describe('the loudspeaker', () => {
  it('is heard when most pairs say so', () => {
    const speaker = new Loudspeaker();
    for (const late of [0, 400_000, 100, -100, 300_000, 0, 200, 90, 500_000]) speaker.add(1, 5_000_000 + late);
    expect(speaker.zeroUs).toBe(4_000_100);
    speaker.forget();
    expect(speaker.zeroUs).toBeNull();
  });
});

describe('the room\'s clock', () => {
  const told = { frame: 48_000, server_us: 2_000_000 };

  it('is none for whoever is alone, and waits for what it needs to know', () => {
    const clock = new RoomClock();
    expect(clock.sync(0, 0)).toBe(NEVER);
    clock.tell(told);
    expect(clock.sync(null, 0)).toBe(HOLD);
    expect(clock.sync(0, null)).toBe(HOLD);
    clock.tell({ frame: null, server_us: null });
    expect(clock.sync(0, 0)).toBe(NEVER);
  });

  it('carries a frame over to the context', () => {
    const clock = new RoomClock();
    clock.tell(told);
    // The context's frame 0 was heard at 500,000 us of our clock, which is 1,500,000 us of the server's: half a second before.
    expect(clock.sync(1_000_000, 500_000)).toBe(24_000);
  });

  it('believes a sudden change only when it comes again, but not what it is told', () => {
    const clock = new RoomClock();
    clock.tell(told);
    expect(clock.sync(1_000_000, 500_000)).toBe(24_000);
    expect(clock.sync(1_000_000, 501_000)).toBe(24_048);
    expect(clock.sync(1_000_000, 900_000)).toBe(24_048);
    expect(clock.sync(1_000_000, 501_000)).toBe(24_048);
    expect(clock.sync(1_000_000, 900_000)).toBe(24_048);
    expect(clock.sync(1_000_000, 900_100)).toBe(43_205);
    clock.tell(told);
    expect(clock.sync(1_000_000, 900_100)).toBe(43_205);
    clock.tell({ ...told, frame: 0 });
    expect(clock.sync(1_000_000, 900_100)).toBe(-4795);
  });
});
