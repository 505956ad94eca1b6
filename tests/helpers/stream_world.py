"""A stream, a stand-in worker and listeners in simulated time: the smallest shell there is for ``streaming.live.stream``."""

from helpers.fake_engine import FakeArena, abandoned, fresh, render

from dsp.grid import LATENCY, QUANTUM, RATE, TILE
from streaming.listening.pacer import Announce, Send
from streaming.live.lead import Limits
from streaming.live.log import Edit, Log, replay
from streaming.live.stream import Stream
from streaming.protocol.notices import Changed, Heard
from streaming.render.job import FRESH, NEVER

TICK_US = 1_000


class World:
    """``render_us()`` says how long the next job takes; a job's output appears at its start or its end, as ``is_eager`` says."""

    def __init__(self, mix, sources, render_us=lambda: 2_000, is_eager=lambda: False, slots=16, ring_frames=5 * RATE, limits=None,
                 arena=None):  # fmt: skip
        self.now_us = 1_000_000
        self.arena = arena or FakeArena(slots, ring_frames)
        self.mix, self.sources = mix, sources
        self.stream = Stream(
            mix, arena=7, generation=self.arena, tracks=8, slots=slots, ring_frames=ring_frames, sources=sources, limits=limits
        )
        self.listeners = {}
        self.blocked = set()
        self.notices = []
        self.sent = []
        self.jobs = []
        self._render_us, self._is_eager = render_us, is_eager
        self._flight = None
        self._written, self._ahead = 0, (limits or Limits()).ahead_frames
        self._due = []
        self._caused_us = 0
        self._wake_us = None

    def join(self, listener):
        self.listeners[listener.name] = listener
        self.stream.join(listener.name, listener.codec, listener.buffer_frames, self.now_us)
        state = self.stream.transport
        listener.take(Changed(state.state, state.frame, 0, 0, None), None, 0, 0)
        self.pump()

    def leave(self, name):
        del self.listeners[name]
        self.stream.leave(name, self.now_us)
        self.pump()

    def play(self):
        self.do(lambda: self.stream.play(self.now_us))

    def pause(self):
        self.do(lambda: self.stream.pause(self.now_us))

    def stop(self):
        self.do(lambda: self.stream.stop(self.now_us))

    def seek(self, position):
        self.do(lambda: self.stream.seek(position))

    def loop(self, loop):
        self.do(lambda: self.stream.loop(loop))

    def edit(self, path, value):
        self.mix = self.mix.set(path, value)
        edit = Edit(path, value, "me", "g", len(self.jobs))
        self.do(lambda: self.stream.apply(self.mix, [edit]))

    def switch(self, mix):
        self.mix = mix
        self.do(lambda: self.stream.apply(mix, [], "revision"))

    def do(self, command):
        self._caused_us = self.now_us
        command()
        self.pump()

    def run(self, ms):
        """Let time pass; the stream is pumped when something happens or when it wanted to be woken."""
        for _ in range(ms):
            self.now_us += TICK_US
            self._deliver()
            self._finish_job()
            if self._wake_us is not None and self._wake_us <= self.now_us:
                self.pump()
            for listener in self.listeners.values():
                listener.play(RATE * TICK_US // 1_000_000)
                if listener.ack_due and (listener.next_start is not None or listener.transport != "playing"):
                    listener.ack_due = False
                    self.ack(listener)

    def ack(self, listener):
        report, listener.report = listener.report, {}
        if listener.playhead is not None and listener.epoch:
            listener.credit = max(listener.credit, int(listener.playhead))
            self._due.append((self.now_us + listener.delay_us, "ack", listener, (listener.epoch, int(listener.playhead), report)))

    def pump(self):
        stream = self.stream
        for notice in stream.notices():
            self.notices.append((self.now_us, notice))
            for listener in self.listeners.values():
                self._post(listener, notice, None)
        posted, room = len(self.sent), stream.listeners.playhead(self.now_us)
        for listener in self.listeners.values():
            while listener.name not in self.blocked and (message := stream.next_message(listener.name, self.now_us, room)):
                self._post(listener, message, self._content(listener, message))
                assert len(self.sent) < posted + 1_000, self.sent[-4:]
        if job := stream.next_job(self.now_us):
            self._take(job)
        if stream._notices:
            self.pump()
        self._wake_us = stream.wake_at(self.now_us)

    def _take(self, job):
        assert self._flight is None, "one chunk is in flight"
        self._written = job.stop if job.src == FRESH else max(self._written, job.stop)
        assert self._written - job.start <= self._ahead, "long lines behind the slot are still there"
        self.jobs.append((self.now_us, job))
        reply = self.arena.run(job) if self._is_eager() else None
        self._flight = (self.now_us + self._render_us(), job, reply)

    def _finish_job(self):
        if self._flight and self._flight[0] <= self.now_us:
            _, job, reply = self._flight
            self._flight = None
            if job.generation != self.arena.generation:
                reply = abandoned(job)
            self.stream.completed(job, reply or self.arena.run(job), self.now_us)
            self.pump()

    def _post(self, listener, message, content):
        self.sent.append((self.now_us, listener.name, message))
        self._due.append((self.now_us + listener.delay_us, "message", listener, (message, content, self._caused_us)))

    def _content(self, listener, message):
        if not isinstance(message, Send):
            return None
        if listener.codec != "opus":
            return [self.arena.tile(frame) for frame in range(message.start, message.start + message.frames, TILE)]
        first = message.start // QUANTUM
        if message.from_preroll:
            assert self.arena.preroll[0] == first
            assert len(self.arena.preroll[1]) == message.packets
            return [tile for packet in self.arena.preroll[1] for tile in packet]
        return [tile for number in range(first, first + message.packets) for tile in self.arena.packet(number)]

    def _deliver(self):
        due = [item for item in self._due if item[0] <= self.now_us]
        self._due = [item for item in self._due if item[0] > self.now_us]
        for _, kind, listener, what in due:
            if listener.name not in self.listeners or self.listeners[listener.name] is not listener:
                continue
            if kind == "message":
                listener.take(what[0], what[1], self.now_us, what[2])
            else:
                epoch, played_to, report = what
                self.stream.ack(listener.name, epoch, played_to, self.now_us, **report)
                self.pump()

    def replayed(self):
        """What the log says that was heard, by stream tile."""
        log = Log.from_json(self.stream.log.to_json())
        heard = {}
        for run in replay(log, self.sources):
            stop = min(run.stop, self.stream.feed.written_to)
            frame = max(stop, run.start) + LATENCY
            first = fresh(run.start, run.timeline.values)
            # One chunk, and never mind the tables' length.
            tables = run.timeline.window(run.start, frame)
            for state in render(first, frame, run.timeline.ends_at(frame), *tables):
                at = state.frame - TILE - LATENCY
                if run.start <= at < stop:
                    heard[at] = state.chain
        return heard

    def splices(self):
        return [message for _, _, message in self.sent if isinstance(message, Announce)]

    def heard(self):
        return [notice for _, notice in self.notices if isinstance(notice, Heard)]


__all__ = ["NEVER", "World"]
