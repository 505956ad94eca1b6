"""The OpenAPI 3.1 document, written from the declared operations alone."""

import inspect
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import JsonSchemaMode, models_json_schema

from server.api import Operation
from server.auth import COOKIE
from server.errors import INTERNAL, INVALID, MALFORMED, MEDIA_TYPE, TOO_LARGE, Kind, ProblemOut

REF = "#/components/schemas/{model}"
PROBLEM = "application/problem+json"
JSON = "application/json"
Schemas = Mapping[tuple[Any, JsonSchemaMode], dict[str, Any]]


def describe(operations: Iterable[Operation], version: str) -> dict[str, Any]:
    """The document for ``operations``."""
    declared = tuple(operations)
    refs, definitions = models_json_schema(sorted(_models(declared), key=repr), ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for one in declared:
        paths.setdefault(one.path, {})[one.method.lower()] = _operation(one, refs)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Stemwire", "version": version, "description": "A mixing desk for stems whose DSP runs on the server."},
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {"session": {"type": "apiKey", "in": "cookie", "name": COOKIE}},
        },
    }


def _models(operations: Iterable[Operation]) -> set[tuple[type[BaseModel], JsonSchemaMode]]:
    found: set[tuple[type[BaseModel], JsonSchemaMode]] = {(ProblemOut, "serialization")}
    for one in operations:
        if "body" in one.takes:
            found.add((one.takes["body"], "validation"))
        if one.answers is not None and one.answers is not BaseModel:
            found.add((one.answers, "serialization"))
    return found


def _operation(one: Operation, refs: Schemas) -> dict[str, Any]:
    summary, _, more = (inspect.getdoc(one.handler) or one.name).partition("\n\n")
    described: dict[str, Any] = {"operationId": one.name, "summary": summary.replace("\n", " "), "tags": [one.tag]}
    if more:
        described["description"] = more
    if parameters := [row for place in ("path", "query", "headers") for row in _parameters(one, place)]:
        described["parameters"] = parameters
    if "body" in one.takes:
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": refs[one.takes["body"], "validation"]}}}
    elif one.consumes == "multipart/form-data":
        described["requestBody"] = {"required": True, "content": {one.consumes: {"schema": _files()}}}
    described["responses"] = {_status(one): _success(one, refs), **_refusals(one, refs)}
    described["security"] = [{"session": []}] if one.private else []
    return described


def _parameters(one: Operation, place: str) -> list[dict[str, Any]]:
    if place not in one.takes:
        return []
    schema = one.takes[place].model_json_schema(ref_template=REF)
    required = schema.get("required", [])
    where = {"path": "path", "query": "query", "headers": "header"}[place]
    rows = []
    for name, field in schema.get("properties", {}).items():
        row = {"name": name, "in": where, "required": name in required, "schema": field}
        if description := field.pop("description", None):
            row["description"] = description
        rows.append(row)
    return rows


def _files() -> dict[str, Any]:
    files = {"type": "array", "minItems": 1, "items": {"type": "string", "contentMediaType": "application/octet-stream"}}
    return {"type": "object", "additionalProperties": False, "required": ["files"], "properties": {"files": files}}


def _status(one: Operation) -> str:
    return "101" if one.socket else str(one.status)


def _success(one: Operation, refs: Schemas) -> dict[str, Any]:
    if one.socket:
        return {"description": "The connection becomes a WebSocket."}
    if one.answers is not None and one.answers is not BaseModel:
        return {"description": "Done.", "content": {one.produces: {"schema": refs[one.answers, "serialization"]}}}
    if one.status == 204:
        return {"description": "Done; there is nothing to say."}
    return {"description": "Done.", "content": {one.produces: {}}}


def _refusals(one: Operation, refs: Schemas) -> dict[str, Any]:
    kinds: set[Kind] = {*one.problems, INTERNAL}
    if "body" in one.takes:
        kinds |= {MALFORMED, TOO_LARGE, MEDIA_TYPE, INVALID}
    if "query" in one.takes:
        kinds |= {INVALID}
    by_status: dict[int, list[Kind]] = {}
    for kind in sorted(kinds, key=lambda kind: (kind.status, kind.code)):
        by_status.setdefault(kind.status, []).append(kind)
    schema = {"schema": refs[ProblemOut, "serialization"]}
    return {str(status): {"description": _told(same), "content": {PROBLEM: schema}} for status, same in by_status.items()}


def _told(kinds: list[Kind]) -> str:
    return " ".join(f"`{kind.code}`: {kind.title}." for kind in kinds)
