"""The OpenAPI document: well-formed, complete, and true to the declarations."""

import json
import re
from typing import Any

from helpers.desk import Desk
from helpers.openapi import Document
from starlette.routing import Route, WebSocketRoute

from server import api
from server.app import OPERATIONS
from server.openapi import describe

DOCUMENT = describe(OPERATIONS, "1.0")


def refs(node: Any) -> set[str]:
    """Every reference below a node."""
    if isinstance(node, dict):
        return {node["$ref"]} | refs([*node.values()]) if "$ref" in node else refs([*node.values()])
    return set().union(*map(refs, node)) if isinstance(node, list) else set()


def test_the_document_is_openapi_3_1() -> None:
    """It holds the objects that the specification names, with nothing else in them."""
    Document.model_validate_json(json.dumps(DOCUMENT))


def test_every_reference_leads_somewhere() -> None:
    """Each ``$ref`` names a component that is there, and no component is there for nothing."""
    assert refs(DOCUMENT) == {f"#/components/schemas/{name}" for name in DOCUMENT["components"]["schemas"]}


def test_every_route_is_in_it(house: Desk) -> None:
    """What the router serves below the API's root is what the document tells, method by method."""
    served: set[tuple[str, str]] = set()
    for route in api.routes(OPERATIONS, house.context):
        assert isinstance(route, Route | WebSocketRoute)
        served |= {(one.path, one.method) for one in OPERATIONS if one.path == route.path}
    told = {(path, method.upper()) for path, methods in DOCUMENT["paths"].items() for method in methods}
    assert served == told == {(one.path, one.method) for one in OPERATIONS}


def test_operations_are_told_apart() -> None:
    """Each has an id of its own, a sentence, and says every parameter of its path."""
    ids = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert len(ids) == len(set(ids))
    for path, methods in DOCUMENT["paths"].items():
        for operation in methods.values():
            named = {row["name"] for row in operation.get("parameters", []) if row["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path)), path
            assert operation["summary"].endswith("."), path


def test_private_routes_say_so() -> None:
    """Whatever needs a session names the cookie and the answer without one."""
    for one in OPERATIONS:
        told = DOCUMENT["paths"][one.path][one.method.lower()]
        assert told["security"] == ([{"session": []}] if one.private else [])
        assert not one.private or "401" in told["responses"], one.name


async def test_the_document_is_served(house: Desk) -> None:
    """The API describes itself."""
    answer = await house.browser().get("/api/v1/openapi.json")
    assert answer.json()["openapi"] == "3.1.0"
    assert set(answer.json()["paths"]) == set(DOCUMENT["paths"])
