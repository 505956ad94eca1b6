"""One analysis in the job worker: its question is made from the store, a child answers it, its row says how far it is.

As with bounces (``server/bouncing.py``) the row is the only truth.
"""

import asyncio
import json
import shutil
from pathlib import Path

from server.bouncing import Unwanted, now_ms, paths
from server.errands import Errand
from storage import analyses, mixes, stems
from storage.blobs import LocalBlobs
from storage.database import Database
from storage.errors import BlobMissing, NotFound
from storage.rows import Stem
from streaming.errand import Refused
from streaming.question import Options, Question, StemFile


class Analyser:
    """Carries out analyses; ``folder`` keeps what is not finished, a folder each."""

    def __init__(self, database: Database, blobs: LocalBlobs, folder: Path) -> None:
        self._database, self._blobs, self._folder = database, blobs, folder

    async def run(self, workspace: str, analysis: str) -> str:
        """Carry out an analysis; returns what became of it, for the engine's records."""
        work = self._folder / analysis
        try:
            async with self._database.write() as db:
                if not await analyses.start(db, workspace, analysis, now_ms()):
                    raise Unwanted
            work.mkdir(parents=True, exist_ok=True)
            question = await self._question(workspace, analysis, work)
            found = await Errand(
                "streaming.analyse", question.values(), lambda share: self._look(workspace, analysis, share)
            ).run()
            async with self._database.write() as db:
                await analyses.finish(db, workspace, analysis, json.dumps(found, allow_nan=False), now_ms())
        except Unwanted:
            return "unwanted"
        except Refused as refusal:
            async with self._database.write() as db:
                await analyses.fail(db, workspace, analysis, refusal.code, refusal.detail, now_ms())
            return refusal.code
        finally:
            await asyncio.to_thread(shutil.rmtree, work, ignore_errors=True)
        return "done"

    async def _look(self, workspace: str, analysis: str, progress: float) -> None:
        """Note how far it is, and learn whether it is still wanted."""
        async with self._database.write() as db:
            if not await analyses.advance(db, workspace, analysis, progress, now_ms()):
                raise Unwanted

    async def _question(self, workspace: str, analysis: str, work: Path) -> Question:
        try:
            async with self._database.read() as db:
                row = await analyses.get(db, workspace, analysis)
                document = (await mixes.get(db, workspace, row.project_id, row.revision_id)).document
                known = {stem.id: stem for stem in await stems.listing(db, workspace, row.project_id)}
            options = json.loads(row.options)
            asked = [self._file(known[stem]) for stem in options.pop("stems")]
        except (NotFound, KeyError):
            raise Refused("source_gone", "What was to be analysed has been deleted.") from None
        mix = json.loads(document)
        return Question(row.kind, mix, paths(self._blobs, mix), asked, Options(**options), str(work))  # type: ignore[arg-type]

    def _file(self, stem: Stem) -> StemFile:
        try:
            return StemFile(stem.id, stem.name, stem.asset, str(self._blobs.path(stem.asset)))
        except BlobMissing:
            raise Refused("audio_missing", "Audio of a stem is no longer stored.") from None
