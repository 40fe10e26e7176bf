"""The description of the API: complete, in Japanese, with examples; and the server does what it says."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
import schemathesis
import schemathesis.specs.openapi.schemas  # loaded late otherwise, while threads of the server parse, which CPython 3.11 may not survive
from fastapi import FastAPI
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from hypothesis.strategies import SearchStrategy
from pydantic import SecretStr
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.schemas import BaseSchema
from schemathesis.specs.openapi.checks import positive_data_acceptance

from bot.app import create_app
from rag.settings import Settings

pytestmark = pytest.mark.slow

JAPANESE = re.compile(r"[ぁ-んァ-ヶ一-龠]")
KEYS = {"x-api-key": "a-key", "Authorization": "Bearer a-key"}
EXAMPLES = 15  # for each operation and mode


@pytest.fixture(scope="module")
def app(starter: Settings) -> FastAPI:
    keys = {"api_key": SecretStr("a-key"), "staff_key": SecretStr("a-key")}
    return create_app(starter.model_copy(update=keys))


def operations(app: FastAPI) -> Iterator[tuple[str, dict[str, Any]]]:
    for path, methods in app.openapi()["paths"].items():
        for method, operation in methods.items():
            yield f"{method.upper()} {path}", operation


def test_every_operation_is_told_in_japanese(app: FastAPI) -> None:
    for name, operation in operations(app):
        assert JAPANESE.search(operation["summary"]), name
        for status, response in operation["responses"].items():
            if status != "200":
                told = response["description"]
                assert JAPANESE.search(told) or told == "Successful Response", f"{name} {status}: {told}"
        for parameter in operation.get("parameters", []):
            if parameter["name"] == "authorization":  # everybody knows what it is
                continue
            assert JAPANESE.search(parameter.get("description", "")), f"{name} {parameter['name']}"


def test_every_body_has_an_example(app: FastAPI) -> None:
    schemas = app.openapi()["components"]["schemas"]
    for name, operation in operations(app):
        body = (
            operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema", {})
        )
        for reference in re.findall(r"#/components/schemas/(\w+)", str(body)):
            assert "example" in _whole(schemas, reference), f"{name}: {reference}"


def _whole(schemas: dict[str, Any], name: str) -> str:
    """A shape and those directly inside it."""
    inside = re.findall(r"#/components/schemas/(\w+)", str(schemas[name]))
    return str([schemas[name], *(schemas[one] for one in inside)])


def test_every_shape_is_told_in_japanese(app: FastAPI) -> None:
    for name, schema in app.openapi()["components"]["schemas"].items():
        if schema.get("type") == "object" and not name.startswith(("HTTPValidation", "Validation")):
            assert JAPANESE.search(schema.get("description", "")), name


@pytest.fixture(scope="module")
def schema(app: FastAPI) -> BaseSchema:
    found = schemathesis.openapi.from_asgi("/openapi.json", app)
    for methods in found.raw_schema["paths"].values():
        for operation in methods.values():
            operation.pop(
                "security", None
            )  # every request brings the key; those without have tests of their own
    return found


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE])
def test_the_server_does_what_it_says(schema: BaseSchema, mode: GenerationMode) -> None:
    """No error of the server, no status, header or body that is not described, nothing wrong let in.

    Letters that make no Japanese question may be refused: no schema can say what a question is.
    """
    told = {}
    for result in schema.get_all_operations():
        operation = result.ok()
        try:
            tried(operation.as_strategy(generation_mode=mode))
        except FailureGroup as group:
            told[operation.label] = "\n".join(f"{fault}" for fault in group.exceptions)
    assert not told, "\n\n".join(f"{label}: {fault}" for label, fault in told.items())


def tried(cases: SearchStrategy[schemathesis.Case]) -> None:
    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        derandomize=True,
        database=None,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def holds(case: schemathesis.Case) -> None:
        case.call_and_validate(headers=KEYS, excluded_checks=[positive_data_acceptance])

    with suppress(Unsatisfiable):  # what takes nothing can be given nothing wrong
        holds()
