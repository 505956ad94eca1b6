/** The writer's calls as messages, for pages without shared memory; the writer itself then lives in the worklet. */
import type { ToWorkletPort } from './messages';
import type { Sink } from './receiver';
import type { Splice } from './writer';

export class PortSink implements Sink {
  constructor(private readonly post: (message: ToWorkletPort, transfer: Transferable[]) => void) {}

  begin(splice: Splice): void { this.post({ kind: 'begin', splice }, []); }
  finish(at: number): void { this.post({ kind: 'finish', at }, []); }
  pause(at: number, dead: boolean): void { this.post({ kind: 'pause', at, dead }, []); }
  resume(): void { this.post({ kind: 'resume' }, []); }
  sync(frame: number): void { this.post({ kind: 'sync', frame }, []); }

  write(start: number, samples: Float32Array): void {
    const own = samples.slice();
    this.post({ kind: 'write', start, samples: own }, [own.buffer]);
  }
}
