"""One listener's WebSocket: hello, a place at the stream, then its messages in order until the line ends.

What is said to the listener is written by the stream's player through the link; this loop only reads. A client that sends too
much is simply read more slowly, and TCP holds it back.
"""

import asyncio
from dataclasses import dataclass
from typing import Protocol

from starlette.websockets import WebSocket

from dsp.desk.mix import Mix
from server.hardened import LINK, Link
from server.throttle import Throttle
from streaming.desk.presence import Person
from streaming.desk.stage import Stage
from streaming.errors import NotController, StreamingError, WireError
from streaming.listening.seats import Seat
from streaming.live.clock import Clock
from streaming.live.player import Player
from streaming.live.stream import Stream
from streaming.protocol import controls, messages, wire
from streaming.protocol.wire import Close

HELLO_S = 5.0
"""How long a listener may take to introduce itself."""

MESSAGES_PER_S = 250
BURST = 500
"""What a listener may send: a drag of several faders at 60 edits a second, and acknowledgements."""

LEFT = (1000, 1001)
"""Codes with which a listener says that it will not come back."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a socket leads: the project, its stream, who is there, and what may be sent."""

    stage: Stage
    player: Player
    person: Person
    codecs: tuple[messages.Codec, ...]


class Doorman(Protocol):
    """Who knows the seats of listeners that lost their line, and the project's stored revisions."""

    def take_seat(self, place: Place, hello: controls.Hello, codec: messages.Codec, link: Link) -> Seat:
        """Give a listener a new seat, or its old one back."""
        ...

    def leave_seat(self, place: Place, seat: Seat, for_good: bool) -> None:
        """A listener's line has ended."""
        ...

    def welcome(self, place: Place, seat: Seat) -> messages.Welcome:
        """What the listener is told first."""
        ...

    async def revision(self, place: Place, revision: str) -> Mix:
        """A stored revision of the project; raises a ``StreamingError`` when there is none."""
        ...


class Gone(Exception):
    """The line has ended."""

    def __init__(self, code: int) -> None:
        super().__init__(f"the listener's line ended with {code}")
        self.code = code


class Live:
    """A listener's conversation."""

    def __init__(self, socket: WebSocket, place: Place, doorman: Doorman, clock: Clock) -> None:
        self._socket, self._place, self._doorman, self._clock = socket, place, doorman, clock
        self._link: Link = socket.scope["extensions"][LINK]
        self._throttle = Throttle(clock, MESSAGES_PER_S, BURST)

    async def run(self) -> None:
        """Converse until the line ends."""
        try:
            async with asyncio.timeout(HELLO_S):
                hello, codec = await self._hello()
        except TimeoutError:
            self._link.close(Close.HELLO_EXPECTED, "hello expected")
            return
        except Gone:
            return
        if self._place.player.id not in self._place.stage.players:
            self._link.close(Close.UNKNOWN_STREAM, "the stream has ended")
            return
        seat = self._doorman.take_seat(self._place, hello, codec, self._link)
        self._place.stage.enter(self._place.person)
        code = 1006
        try:
            self._link.write_text(self._doorman.welcome(self._place, seat).to_json())
            self._place.player.sit(seat, hello.buffer_frames, hello.played_to)
            self._place.stage.greet(self._place.person)
            while True:
                await self._answer(seat, await self._receive())
        except Gone as gone:
            code = gone.code
        finally:
            self._place.stage.leave(self._place.person)
            self._doorman.leave_seat(self._place, seat, for_good=code in LEFT)

    def end(self, code: int, reason: str) -> None:
        """End the line from here."""
        self._link.close(code, reason)

    async def _hello(self) -> tuple[controls.Hello, messages.Codec]:
        text = await self._receive()
        try:
            first = _parsed(text)
            if not isinstance(first, controls.Hello):
                self._link.close(Close.HELLO_EXPECTED, "hello expected")
                raise Gone(Close.HELLO_EXPECTED)
            return first, wire.choose_codec(first.codecs, self._place.codecs)
        except WireError as error:
            self._refuse(error, fatal=True)
            self._link.close(Close.PROTOCOL_ERROR, error.code)
            raise Gone(Close.PROTOCOL_ERROR) from None

    async def _receive(self) -> str | None:
        """The next message's text (None: it was binary); raises :class:`Gone`."""
        message = await self._socket.receive()
        if message["type"] == "websocket.disconnect":
            raise Gone(message.get("code") or 1006)
        delay_s = self._throttle.take()
        if delay_s:
            await asyncio.sleep(delay_s)
        if not self._link.open:
            raise Gone(1006)  # closed by us: what was still on its way is not heard
        text: str | None = message.get("text")
        return text

    async def _answer(self, seat: Seat, text: str | None) -> None:
        try:
            await self._obey(seat, _parsed(text))
        except WireError as error:
            self._refuse(error, error.fatal)
            if error.fatal:
                self._link.close(Close.PROTOCOL_ERROR, error.code)
        except StreamingError as error:
            self._refuse(error, fatal=False)

    def _refuse(self, error: StreamingError, fatal: bool) -> None:
        """Say so, whether the line is full or not: what a client may say in a time is bounded, and so are these answers."""
        self._link.write_text(messages.Error(error.code, error.sentence, fatal).to_json())

    async def _obey(self, seat: Seat, message: controls.Control) -> None:
        player, stage = self._place.player, self._place.stage
        match message:
            case controls.Ack():
                player.ack(seat, message)
            case controls.Ping(client_us=client_us):
                seat.outlet.write_text(messages.Pong(client_us, self._clock.now_us()).to_json())
            case controls.Subscribe(meters=meters_hz, scope=scope_hz):
                player.subscribe(seat, meters_hz, scope_hz)
            case controls.SwitchMix(revision=revision, trim_db=trim_db):
                stored = await self._doorman.revision(self._place, revision)
                mix = stored if trim_db is None else stored.set("master/trim_db", trim_db)
                stage.switch(mix, self._place.person.id, revision if mix is stored else None)
            case controls.Set() | controls.Undo() | controls.Redo():
                self._edit(message)
            case controls.Hello():
                raise WireError("malformed", "hello was said already")
            case _:
                steer(self._place, message)

    def _edit(self, message: controls.Set | controls.Undo | controls.Redo) -> None:
        stage, me = self._place.stage, self._place.person.id
        match message:
            case controls.Set(path=path, value=value, gesture=gesture, edit_id=edit_id):
                stage.edit(me, [(path, value)], gesture, edit_id)
            case controls.Undo(gesture=gesture):
                stage.undo(me, gesture)
            case controls.Redo(gesture=gesture):
                stage.redo(me, gesture)


def steer(place: Place, message: controls.Control) -> None:
    """Let somebody play, pause, stop, seek or loop; raises ``NotController`` or ``OutOfRange``."""
    if place.person.role != "controller":
        raise NotController("you may listen here, not mix")
    place.stage.room.check_role(place.person.id)
    player = place.player
    match message:
        case controls.Play():
            player.command(Stream.play)
        case controls.Pause():
            player.command(Stream.pause)
        case controls.Stop():
            player.command(Stream.stop)
        case controls.ResetLoudness():
            player.command(lambda stream, _: stream.reset_loudness())
        case controls.Seek(position=position):
            player.command(lambda stream, _: stream.seek(position))
        case controls.Loop(start=start, end=end):
            loop = None if start is None or end is None else (start, end)
            player.command(lambda stream, _: stream.loop(loop))


def _parsed(text: str | None) -> controls.Control:
    if text is None:
        raise WireError("malformed", "expected a text message")
    return wire.parse(text)
