"""A listener that takes the seat of those who cannot have one: it plays a stream in real time while nobody else does.

Listeners over HTTP acknowledge nothing, and a stream goes on only as far as somebody plays it. Whoever connects to the stream's
socket plays it instead.
"""

from streaming.desk.presence import Person
from streaming.listening.seats import Seat
from streaming.live.player import Player
from streaming.protocol.controls import Ack

BUFFER_FRAMES = 8 * 48_000
ACK_US = 400_000
"""How often it says what it has played, which the stream takes to go on for a second and a half."""


class _Nowhere:
    """A line that takes everything and on which nothing arrives."""

    writable = True

    def write_text(self, text: str) -> None:
        """Drop a message."""

    def write_binary(self, payload: bytes) -> None:
        """Drop audio: it is read from the stream's memory."""

    def close(self, code: int, reason: str = "") -> None:
        """There is nothing to close."""


class Substitute:
    """The seat, taken while it is needed."""

    def __init__(self, player: Player) -> None:
        self._player = player
        self._seat = Seat(f"http-{player.id}", Person("", "", "listener"), "pcm-s16", _Nowhere(), "")
        self._speaks_us = 0

    def attend(self) -> None:
        """Sit down if nobody else is there, and say what was played; get up if somebody is."""
        player, seats = self._player, self._player.seats
        if any(seat is not self._seat for seat in seats):
            self.leave()
        elif self._seat not in seats:
            player.sit(self._seat, BUFFER_FRAMES)
        elif player.now_us() >= self._speaks_us:
            self._speaks_us = player.now_us() + ACK_US
            pacer = player.stream.listeners[self._seat.id]
            played_to = pacer.at(player.now_us())
            if pacer.is_joined:
                player.ack(self._seat, Ack(type="ack", epoch=pacer.epoch, played_to=played_to, buffered=0, client_us=0))

    def leave(self) -> None:
        """Get up."""
        if self._seat in self._player.seats:
            self._player.rise(self._seat)
            self._player.dismiss(self._seat.id)
