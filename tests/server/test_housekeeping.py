"""Housekeeping: what is over goes, what is in use stays."""

import os
from pathlib import Path

import pytest
from helpers.desk import desk

from server.auth import DAY_MS
from server.housekeeping import clean, running
from storage.errors import BlobMissing


async def test_an_abandoned_workspace_goes_with_its_audio(tmp_path: Path) -> None:
    """After its last session has ended, a guest's rows and blobs are gone; another guest's are not."""
    now = [1_800_000_000_000]
    async with desk(tmp_path, {"wall_ms": lambda: now[0]}, session_days=10) as house:
        gone = await house.guest()
        stem = await house.stem(gone, await gone.project(), frames=10)
        now[0] += 9 * DAY_MS
        kept = await house.guest()
        other = await house.stem(kept, await kept.project(), frames=20)
        now[0] += 2 * DAY_MS
        for digest in (stem.asset, other.asset):
            os.utime(house.context.blobs.path(digest), (1, 1))
        async with running(house.context):
            pass
        with pytest.raises(BlobMissing):
            house.context.blobs.path(stem.asset)
        assert house.context.blobs.path(other.asset)
        assert len((await kept.call("GET", "/projects"))["projects"]) == 1
        await clean(house.context)
