"""Presets, and putting one, or any settings, on a strip of the desk."""

from typing import Annotated, Self

from pydantic import BaseModel, Field, JsonValue, model_validator

from config.presets import Preset
from dsp.desk.bypass import switches_on
from dsp.desk.intensity import at_intensity
from dsp.desk.mix import Mix
from dsp.desk.parameter import Value
from server import desks
from server.api import ROOT, Answer, Input, operation
from server.context import Context, new_id
from server.errors import ASSET_MISSING, INVALID, NO_SESSION, NOT_FOUND, STALE, UNKNOWN_PATH, Problem
from server.models import Changed, IfMatch, ProjectPath, etag
from server.routes.console import CACHED
from server.seams import Edit
from server.visitor import Visitor


class PresetView(BaseModel):
    """One preset: where it fits, what it is for, and its parameters by name."""

    id: str
    scope: str = Field(description="The strip it fits: track, reverb, delay or master.")
    family: str
    name: str
    doc: str
    params: dict[str, Value]

    @classmethod
    def of(cls, preset: Preset) -> "PresetView":
        """A preset as JSON shows it."""
        return cls(
            **{name: getattr(preset, name) for name in ("id", "scope", "family", "name", "doc")}, params=dict(preset.params)
        )


class PresetList(BaseModel):
    """The shipped presets, in the order in which they are shown."""

    presets: list[PresetView]


Target = Annotated[str, Field(pattern=r"^(master|(tracks|effects)/[A-Za-z0-9_-]{1,32})$")]
Bypassed = Annotated[str, Field(pattern=r"^(all|master|tracks/[A-Za-z0-9_-]{1,32})$")]


class Applied(Input):
    """A preset for one strip, settings by path, or a strip (or all of them) whose stages are to be switched off."""

    preset: Annotated[str, Field(max_length=64)] | None = None
    target: Target | None = Field(default=None, description="The strip: master, tracks/{id} or effects/{id}.")
    intensity: Annotated[float, Field(ge=0.0, le=1.0)] = Field(
        default=1.0, description="0 leaves the strip neutral, 1 is all of it."
    )
    settings: Annotated[dict[Annotated[str, Field(max_length=200)], JsonValue], Field(min_length=1, max_length=1000)] | None = (
        Field(default=None, description="Values by path, such as master/fader_db.")
    )
    bypass: Bypassed | None = Field(default=None, description="Whose stages go off: master, tracks/{id} or all.")
    gesture: Annotated[str, Field(max_length=64)] | None = None

    @model_validator(mode="after")
    def _check(self) -> Self:
        if sum(one is not None for one in (self.preset, self.settings, self.bypass)) != 1:
            raise ValueError("say either a preset, or settings, or what to bypass")
        if (self.preset is None) != (self.target is None):
            raise ValueError("a preset, and nothing else, has a target")
        return self


@operation("GET", f"{ROOT}/console/presets")
async def list_presets(context: Context) -> Answer[PresetList]:
    """List the shipped presets."""
    return Answer(PresetList(presets=[PresetView.of(preset) for preset in context.presets.values()]), CACHED)


@operation(
    "POST", f"{ROOT}/projects/{{project_id}}/console/apply",
    problems=(NO_SESSION, NOT_FOUND, STALE, INVALID, UNKNOWN_PATH, ASSET_MISSING),
)  # fmt: skip
async def apply_to_console(
    context: Context, visitor: Visitor, path: ProjectPath, headers: IfMatch, body: Applied
) -> Answer[Changed]:
    """Put a preset on a strip, or set any parameters, in one step that one undo takes back."""
    mix = desks.mix_of(await desks.current(context, visitor, path.project_id))
    edits = _edits(context, mix, body)
    gesture = body.gesture or new_id("g")
    row = await desks.edit(context, visitor, path.project_id, edits, gesture, headers.revision)
    return Answer(Changed.of(row, desks.mix_of(row)), etag(row.id))


def _edits(context: Context, mix: Mix, body: Applied) -> list[Edit]:
    if body.settings is not None:
        return [Edit(place, value) for place, value in body.settings.items()]
    if body.bypass is not None:
        return [Edit(place, False) for place in switches_on(mix, None if body.bypass == "all" else body.bypass)]
    return _preset(context, mix, body)


def _preset(context: Context, mix: Mix, body: Applied) -> list[Edit]:
    preset, target = context.presets.get(body.preset or ""), body.target or ""
    if preset is None:
        raise Problem(INVALID, "There is no preset of this id; GET /api/v1/console/presets lists them.")
    scope = mix.scope_of(target)
    if scope != preset.scope:
        raise Problem(INVALID, f"The preset {preset.name} is for a {preset.scope}, and this is a {scope}.")
    return [Edit(f"{target}/{name}", value) for name, value in at_intensity(scope, preset.params, body.intensity).items()]


OPERATIONS = (list_presets, apply_to_console)
