"""What the console is built from: the catalogue of parameters, and the description of this API."""

from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from dsp.params import CATALOGUE, Parameter
from server.api import ROOT, Answer, operation
from server.context import Context

CACHED = {"Cache-Control": "public, max-age=300", "Vary": "Accept-Encoding"}


class ParameterView(BaseModel):
    """One parameter: its place, range, rest value, the curve of its control, its glide and a sentence."""

    scope: str
    name: str
    label: str
    unit: str
    low: float
    high: float
    default: float | bool
    taper: str
    law: str
    glide_ms: float
    doc: str

    @classmethod
    def of(cls, row: Parameter) -> "ParameterView":
        """A row of the catalogue."""
        rest = bool(row.default) if row.is_switch else row.default
        same = {name: getattr(row, name) for name in cls.model_fields if name not in ("default", "law")}
        return cls(**same, default=rest, law=row.law.name.lower())


class ConsoleSchema(BaseModel):
    """Every control there is."""

    parameters: list[ParameterView]


@operation("GET", f"{ROOT}/console/schema")
async def console_schema() -> Answer[ConsoleSchema]:
    """List the parameters of the console."""
    return Answer(ConsoleSchema(parameters=[ParameterView.of(row) for row in CATALOGUE]), CACHED)


@operation("GET", f"{ROOT}/openapi.json", produces="application/openapi+json")
async def describe_api(context: Context) -> Response:
    """Describe this API in OpenAPI 3.1."""
    return JSONResponse(context.openapi, headers=CACHED)


OPERATIONS = (console_schema, describe_api)
