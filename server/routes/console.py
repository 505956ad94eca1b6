"""What the console is built from: the catalogue of parameters, and the description of this API."""

from pydantic import BaseModel
from starlette.responses import JSONResponse, Response

from dsp.desk.params import as_rows
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
    default: float | bool | str
    taper: str
    law: str
    glide_ms: float
    doc: str
    choices: list[str]


class ConsoleSchema(BaseModel):
    """Every control there is."""

    parameters: list[ParameterView]


@operation("GET", f"{ROOT}/console/schema")
async def console_schema() -> Answer[ConsoleSchema]:
    """List the parameters of the console."""
    return Answer(ConsoleSchema(parameters=[ParameterView.model_validate(row) for row in as_rows()]), CACHED)


@operation("GET", f"{ROOT}/openapi.json", produces="application/openapi+json")
async def describe_api(context: Context) -> Response:
    """Describe this API in OpenAPI 3.1."""
    return JSONResponse(context.openapi(), headers=CACHED)


OPERATIONS = (console_schema, describe_api)
