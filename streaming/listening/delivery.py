"""From ranges of an arena to media messages: made once, handed to every listener of the same codec."""

from collections import OrderedDict

from dsp.grid import QUANTUM
from streaming.listening.pacer import Codec, Send
from streaming.protocol.wire import CODECS, LAST, pack_media
from streaming.render.arena import Arena
from streaming.render.encoder import framed, pcm16

_KEPT = 8
"""Messages kept for listeners that are sent the same a moment later."""


class Packing:
    """Packs what a pacer names out of one arena."""

    def __init__(self, arena: Arena) -> None:
        self._arena: Arena | None = arena
        self._kept: OrderedDict[tuple[Codec, Send], bytes] = OrderedDict()
        self.made = 0

    def release(self) -> None:
        """Let go of the arena."""
        self._arena = None
        self._kept.clear()

    def media(self, codec: Codec, send: Send, server_ms: int, *, shared: bool) -> bytes:
        """One media message; ``shared`` keeps it for the other listeners."""
        if not shared:
            return self._packed(codec, send, server_ms)
        key = (codec, send)
        message = self._kept.get(key)
        if message is None:
            message = self._kept[key] = self._packed(codec, send, server_ms)
            if len(self._kept) > _KEPT:
                self._kept.popitem(last=False)
        return message

    def _packed(self, codec: Codec, send: Send, server_ms: int) -> bytes:
        self.made += 1
        flags = LAST if send.is_last else 0
        payload = self._payload(codec, send)
        return pack_media(send.kind, CODECS[codec], flags, send.epoch, send.start, send.frames, server_ms, payload)

    def _payload(self, codec: Codec, send: Send) -> bytes:
        arena = self._arena
        if arena is None:
            return b""
        if codec == "pcm-f32":
            return arena.pcm(send.start, send.frames)
        if codec == "pcm-s16":
            return pcm16(arena.frames(send.start, send.frames))
        return framed(self._packets(arena, send))

    def _packets(self, arena: Arena, send: Send) -> list[bytes]:
        first = send.start // QUANTUM
        if send.from_preroll:
            begin, packets = arena.preroll()
            return packets[first - begin : first - begin + send.packets] if begin <= first else []
        found = (arena.packet(number) for number in range(first, first + send.packets))
        return [packet for packet in found if packet is not None]
