"""Analyses: something is found out about stems or the mix, and what it suggests becomes edits."""

import json
from collections.abc import Sequence

from pydantic import BaseModel

from dsp.desk.mix import Mix, UnknownPath
from server import desks
from server.analysis_shapes import (
    MOST_ALIGNED,
    AnalysisIn,
    AnalysisList,
    AnalysisPath,
    AnalysisView,
    Applying,
    Found,
    SuggestionView,
)
from server.api import ROOT, Answer, operation
from server.context import Context, new_id
from server.errors import ASSET_MISSING, CONFLICT, INVALID, NO_SESSION, NOT_FOUND, TOO_MANY, Fault, Problem
from server.jobs import ANALYSIS
from server.models import Changed, ProjectPath, etag
from server.seams import Edit
from server.visitor import Visitor
from storage import analyses, stems
from storage.rows import Analysis

MAKES = (NO_SESSION, NOT_FOUND, INVALID, TOO_MANY)
READS = (NO_SESSION, NOT_FOUND)


@operation("POST", f"{ROOT}/projects/{{project_id}}/analyses", status=202, problems=MAKES)
async def make_analysis(context: Context, visitor: Visitor, path: ProjectPath, body: AnalysisIn) -> Answer[AnalysisView]:
    """Have something found out. It is queued; ask for it again to see how far it is."""
    revision = await desks.chosen(context, visitor, path.project_id, body.revision)
    if body.against is not None:
        await desks.chosen(context, visitor, path.project_id, body.against)
    asked = await _stems(context, visitor, path.project_id, body)
    now, settings = context.wall_ms(), context.settings
    row = Analysis(
        new_id(ANALYSIS), path.project_id, body.kind, revision, body.options(asked), "queued", 1, 0.0, None, None, None, now, now
    )  # fmt: skip
    async with context.database.write() as db:
        await analyses.create(db, visitor.id, row, settings.analyses_per_project, settings.analyses_queued)
    await context.jobs.enqueue(visitor.id, row.id, row.attempt)
    return Answer(AnalysisView.of(row), {"Location": f"{ROOT}/analyses/{row.id}"})


@operation("GET", f"{ROOT}/projects/{{project_id}}/analyses", problems=READS)
async def list_analyses(context: Context, visitor: Visitor, path: ProjectPath) -> AnalysisList:
    """List the project's analyses, newest first."""
    async with context.database.read() as db:
        rows = await analyses.listing(db, visitor.id, path.project_id)
    return AnalysisList(analyses=[AnalysisView.of(row) for row in rows])


@operation("GET", f"{ROOT}/analyses/{{analysis_id}}", problems=READS)
async def read_analysis(context: Context, visitor: Visitor, path: AnalysisPath) -> AnalysisView:
    """Say how far an analysis is, and what it found."""
    return AnalysisView.of(await _row(context, visitor, path.analysis_id))


@operation("POST", f"{ROOT}/analyses/{{analysis_id}}/apply", problems=(*READS, INVALID, CONFLICT, ASSET_MISSING))
async def apply_analysis(context: Context, visitor: Visitor, path: AnalysisPath, body: Applying) -> Answer[Changed]:
    """Follow suggestions: one edit of the desk, heard at once and undone at once. Places that changed since are a conflict."""
    row = await _row(context, visitor, path.analysis_id)
    chosen = _chosen(row, body.suggestions)
    mix = desks.mix_of(await desks.current(context, visitor, row.project_id))
    edits = [Edit(change.path, change.value) for one in chosen for change in one.changes]
    _require_unchanged(mix, chosen)
    changed = await desks.edit(context, visitor, row.project_id, edits, new_id("g"), None)
    return Answer(Changed.of(changed, desks.mix_of(changed)), etag(changed.id))


@operation("POST", f"{ROOT}/analyses/{{analysis_id}}/cancel", problems=(*READS, CONFLICT))
async def cancel_analysis(context: Context, visitor: Visitor, path: AnalysisPath) -> AnalysisView:
    """Give an analysis up."""
    row = await _row(context, visitor, path.analysis_id)
    async with context.database.write() as db:
        moved = await analyses.cancel(db, visitor.id, row.id, context.wall_ms())
    if not moved:
        raise Problem(CONFLICT, "The analysis is over already.")
    await context.jobs.cancel(visitor.id, row.id, row.attempt)
    return AnalysisView.of(await _row(context, visitor, row.id))


@operation("POST", f"{ROOT}/analyses/{{analysis_id}}/retry", problems=(*READS, CONFLICT))
async def retry_analysis(context: Context, visitor: Visitor, path: AnalysisPath) -> AnalysisView:
    """Try a failed or cancelled analysis once more."""
    async with context.database.write() as db:
        moved = await analyses.requeue(db, visitor.id, path.analysis_id, context.wall_ms())
        row = await analyses.get(db, visitor.id, path.analysis_id)
    if not moved:
        raise Problem(CONFLICT, "Only an analysis that failed or was cancelled can be tried again.")
    await context.jobs.enqueue(visitor.id, row.id, row.attempt)
    return AnalysisView.of(row)


@operation("DELETE", f"{ROOT}/analyses/{{analysis_id}}", status=204, problems=READS)
async def delete_analysis(context: Context, visitor: Visitor, path: AnalysisPath) -> Answer[BaseModel]:
    """Forget an analysis."""
    row = await _row(context, visitor, path.analysis_id)
    async with context.database.write() as db:
        await analyses.remove(db, visitor.id, row.id)
    await context.jobs.cancel(visitor.id, row.id, row.attempt)
    return Answer()


async def _row(context: Context, visitor: Visitor, analysis: str) -> Analysis:
    async with context.database.read() as db:
        return await analyses.get(db, visitor.id, analysis)


async def _stems(context: Context, visitor: Visitor, project: str, body: AnalysisIn) -> list[str]:
    """The stems that are asked about, the reference among them."""
    if body.kind == "compare":
        return []
    async with context.database.read() as db:
        known = [stem.id for stem in await stems.listing(db, visitor.id, project)]
    asked = known if body.stems is None else body.stems
    if body.reference is not None and body.reference not in asked:
        asked = [body.reference, *asked]
    missing = [stem for stem in asked if stem not in known]
    if missing:
        raise Problem(INVALID, "The project has no such stem.", (Fault("stems", f"there is none of id {missing[0]}"),))
    if not asked and (body.kind, body.scope) != ("levels", "mix"):
        raise Problem(INVALID, "The project has no stems to analyse.", (Fault("stems", "there are none"),))
    if body.kind == "alignment" and body.reference is None and len(asked) > MOST_ALIGNED:
        sentence = f"more than {MOST_ALIGNED} stems are aligned to one of them only: name a reference"
        raise Problem(INVALID, f"Stems: {sentence}.", (Fault("reference", sentence),))
    return asked


def _chosen(row: Analysis, wanted: Sequence[str] | None) -> list[SuggestionView]:
    """The suggestions to follow; raises where there is none, or none of a name."""
    if row.result is None:
        raise Problem(CONFLICT, f"The analysis is {row.status}; it has no suggestions.")
    there = {one.id: one for one in Found.model_validate(json.loads(row.result)).suggestions}
    unknown = [one for one in wanted or () if one not in there]
    if unknown:
        raise Problem(INVALID, "There is no such suggestion.", (Fault("suggestions", f"there is none of id {unknown[0]}"),))
    chosen = list(there.values()) if wanted is None else [there[one] for one in dict.fromkeys(wanted)]
    if not chosen:
        raise Problem(CONFLICT, "The analysis suggests nothing.")
    return chosen


def _require_unchanged(mix: Mix, chosen: Sequence[SuggestionView]) -> None:
    for change in (change for one in chosen for change in one.changes):
        try:
            now = mix.get(change.path)
        except UnknownPath:
            raise Problem(CONFLICT, f"What was analysed is no longer on the desk: {change.path}.") from None
        if now != change.was:
            raise Problem(
                CONFLICT, "The desk has changed there since the analysis; analyse again.", (Fault(change.path, "changed"),)
            )


OPERATIONS = (
    make_analysis, list_analyses, read_analysis, apply_analysis, cancel_analysis, retry_analysis, delete_analysis,
)  # fmt: skip
