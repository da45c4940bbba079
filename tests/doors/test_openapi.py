"""The described API is the served one: every route, every field of a body; the page needs nothing from elsewhere."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import pytest
from pydantic import BaseModel
from starlette.routing import Route
from starlette.testclient import TestClient

from bot.doors import conversations, messages, openapi
from tests.doors.standin import client


@pytest.fixture
def caller() -> TestClient:
    return client(openapi.routes())


def test_every_route_is_described_and_every_description_served() -> None:
    inbox: Any = SimpleNamespace()
    served = {
        (re.sub(r":path\}", "}", route.path), method)
        for route in (*messages.routes(inbox, inbox), *conversations.routes(inbox))
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }
    described = {
        (path, method.upper())
        for path, item in openapi.document()["paths"].items()
        for method in item
        if method != "parameters"
    }
    assert served == described


@pytest.mark.parametrize(
    ("name", "model"),
    [
        ("Message", messages.MessageIn),
        ("Rating", conversations.Rating),
        ("Fulfilled", conversations.Fulfilled),
        ("By", conversations.HandOver),
        ("By", conversations.Resume),
    ],
)
def test_a_body_has_the_fields_that_are_described(name: str, model: type[BaseModel]) -> None:
    schema = openapi.document()["components"]["schemas"][name]
    assert set(schema["properties"]) == set(model.__fields__)
    assert set(schema.get("required", ())) == {field for field, of in model.__fields__.items() if of.required}


def test_whatever_is_referred_to_is_there() -> None:
    def refs(node: Any) -> list[str]:
        if isinstance(node, dict):
            return [*([node["$ref"]] if "$ref" in node else []), *(each for of in node.values() for each in refs(of))]
        return [each for of in node for each in refs(of)] if isinstance(node, list) else []

    for ref in refs(openapi.document()):
        assert openapi._found({"$ref": ref})


def test_the_page_shows_all_of_it_and_loads_nothing_from_elsewhere(caller: TestClient) -> None:
    assert caller.get("/openapi.json").json()["openapi"] == "3.1.0"
    page = caller.get("/docs")
    for path in openapi.document()["paths"]:
        assert path in page.text
    assert "default-src 'none'" in page.headers["Content-Security-Policy"]
    assert "<script" not in page.text and "//" not in re.sub(r"<!doctype html>", "", page.text)
    assert caller.get("/docs.css").headers["Content-Type"].startswith("text/css")
