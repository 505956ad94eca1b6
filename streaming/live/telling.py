"""What a stream's listeners are told, put into the protocol's messages."""

from dsp.grid import RATE
from streaming.listening.pacer import Announce, Show
from streaming.listening.telemetry import Figures
from streaming.live.stream import Stream
from streaming.protocol import messages
from streaming.protocol.notices import Broken, Changed, Heard, Notice


def standing(stream: Stream, now_us: int) -> Changed:
    """The transport as it is now."""
    transport, epoch = stream.transport, stream.feed.epoch
    frame = stream.listeners.playhead(now_us) if transport.state == "playing" else transport.frame
    shown = stream.feed.shown(frame) if transport.is_running else []
    position = shown[0].position if shown else transport.position
    return Changed(transport.state, frame, position, epoch.number if epoch else 0, transport.loop)


def stats(stream: Stream, figures: Figures, rerenders: int, now_us: int) -> messages.Stats:
    """How a stream is doing."""
    audio_us = max(1, figures.audio_frames * 1_000_000 // RATE)
    return messages.Stats(
        render_load=round((figures.render_us + figures.encode_us) / audio_us, 5),
        lead_frames=max(0, stream.feed.ready_to - stream.listeners.playhead(now_us)),
        margin_us=max((pacer.margin.us for pacer in stream.listeners), default=0),
        splices=stream.splices,
        rerenders=rerenders,
        drops=figures.drops,
    )


def notice_text(notice: Notice, revision: str, now_us: int) -> str:
    """A notice of the stream as everybody is sent it; ``revision`` is the desk's."""
    match notice:
        case Changed(state, frame, position, epoch, loop):
            return messages.State(state, frame, position, epoch, _span(loop), revision, now_us).to_json()
        case Heard(edit, splice_frame):
            return messages.Edit(edit.edit_id, edit.path, edit.value, edit.author, splice_frame).to_json()
        case Broken():
            return messages.Error("render_failed", "this stream cannot be rendered; open it again", fatal=True).to_json()


def heading_text(heading: Announce | Show) -> str:
    """What is sent ahead of audio: a new epoch, or the place in the song that it comes from."""
    match heading:
        case Announce(epoch, starts_at, fade_before, reason):
            return messages.Epoch(epoch, starts_at, fade_before, reason).to_json()
        case Show(epoch, shown):
            return messages.Segment(epoch, shown.starts_at, shown.position, _span(shown.loop)).to_json()


def _span(loop: tuple[int, int] | None) -> messages.Span | None:
    return None if loop is None else {"start": loop[0], "end": loop[1]}
