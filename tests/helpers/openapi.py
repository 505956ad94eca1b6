"""The objects of OpenAPI 3.1 as far as our document uses them, strictly: an unknown key is an error."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

Schema = dict[str, Any] | bool


class Part(BaseModel):
    """An object of the specification."""

    model_config = ConfigDict(extra="forbid", strict=True)


class MediaType(Part):
    """What a body is."""

    schema_: Schema | None = Field(default=None, alias="schema")


Content = dict[Annotated[str, Field(pattern=r"^[a-z]+/[a-z0-9.+*-]+$")], MediaType]


class Answer(Part):
    """One response."""

    description: str = Field(min_length=1)
    content: Content = {}


class RequestBody(Part):
    """What is sent."""

    required: bool
    content: Content


class Parameter(Part):
    """One parameter."""

    name: str
    in_: Literal["path", "query", "header", "cookie"] = Field(alias="in")
    required: bool = False
    schema_: Schema = Field(alias="schema")
    description: str = ""

    def model_post_init(self, _context: Any) -> None:
        """A path parameter is always required."""
        assert self.required or self.in_ != "path"


class Operation(Part):
    """One method of one path."""

    operationId: Annotated[str, Field(pattern=r"^[a-z_]+$")]  # noqa: N815 - the specification's name
    summary: str = Field(min_length=1)
    description: str = ""
    tags: list[str]
    parameters: list[Parameter] = []
    requestBody: RequestBody | None = None  # noqa: N815 - the specification's name
    responses: dict[Annotated[str, Field(pattern=r"^[1-5]\d\d$")], Answer] = Field(min_length=1)
    security: list[dict[str, list[str]]]


class Info(Part):
    """What the API is."""

    title: str
    version: str
    description: str


class Components(Part):
    """What is referred to."""

    schemas: dict[Annotated[str, Field(pattern=r"^[a-zA-Z0-9._-]+$")], Schema]
    securitySchemes: dict[str, dict[str, str]]  # noqa: N815 - the specification's name


class Document(Part):
    """The document."""

    openapi: Literal["3.1.0"]
    info: Info
    paths: dict[Annotated[str, Field(pattern="^/")], dict[Literal["get", "post", "put", "patch", "delete"], Operation]]
    components: Components
