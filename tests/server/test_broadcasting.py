"""Streams on the air: from the first player to the last, or to the stream's end."""

import io
from pathlib import Path

import av
import numpy as np
import pytest
from helpers.studios import Open, studio
from helpers.waiting import until

from server.broadcasting import Broadcasts
from server.errors import Problem
from server.visitor import Visitor
from storage.rows import Workspace
from streaming.live.player import Player
from streaming.render.opus import locate


async def on_air(opened: Open) -> tuple[Player, str]:
    """A stream's player, and its project."""
    guest, project = await opened.guest()
    place = await opened.studio.place(Visitor(Workspace(guest.workspace, "Ada", 1, 1)), await opened.stream(guest, project))
    assert place is not None
    return place.player, project


async def test_a_file_ends_with_its_stream(tmp_path: Path) -> None:
    """While nothing plays there is silence, at its pace; when the stream is closed the file ends as a whole one."""
    async with studio(tmp_path) as opened:
        player, project = await on_air(opened)
        broadcasts = Broadcasts(opened.studio, locate(), 1)
        pieces = broadcasts.pieces(player, "ogg")()
        content = b"".join([await anext(pieces) for _ in range(3)])
        assert broadcasts.encoded == 1
        assert len(player.seats) == 1, "somebody must play the stream"
        await opened.studio.close_project(project)
        content += b"".join([piece async for piece in pieces])
        await until(lambda: broadcasts.encoded == 0)
    with av.open(io.BytesIO(content)) as container:
        heard = np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)
    assert heard.shape[1] > 4_800
    assert np.abs(heard).max() < 1e-6


async def test_all_who_hear_a_codec_share_an_encoder(tmp_path: Path) -> None:
    """WebM and Ogg are one encoder's; another codec is one more, and refused where there may be no more."""
    async with studio(tmp_path) as opened:
        player, _ = await on_air(opened)
        broadcasts = Broadcasts(opened.studio, locate(), 1)
        first, second = broadcasts.pieces(player, "webm")(), broadcasts.pieces(player, "ogg")()
        assert [(await anext(file))[:4] for file in (first, second)] == [b"\x1a\x45\xdf\xa3", b"OggS"]
        assert broadcasts.encoded == 1
        with pytest.raises(Problem, match="over_capacity"):
            broadcasts.pieces(player, "flac")
        await first.aclose()
        await second.aclose()
        await until(lambda: broadcasts.encoded == 0)
        assert player.seats == ()


async def test_closing_ends_every_file(tmp_path: Path) -> None:
    """When the server goes, files end where they are; without libopus there is no Opus."""
    async with studio(tmp_path) as opened:
        player, _ = await on_air(opened)
        broadcasts = Broadcasts(opened.studio, locate(), 4)
        pieces = broadcasts.pieces(player, "webm")()
        await anext(pieces)
        await broadcasts.aclose()
        assert [piece async for piece in pieces][1:] == []
        with pytest.raises(Problem, match="no libopus"):
            Broadcasts(opened.studio, None, 4).pieces(player, "webm")
