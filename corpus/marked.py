"""YAML as a person writes it: which line a field stands on, and no key twice."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from functools import lru_cache
from typing import Any

import yaml


class MarkedError(ValueError):
    """Not readable as YAML. ``line`` counts from 1."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line
        self.reason = reason


class _NoKeyTwice(yaml.constructor.SafeConstructor):
    """Plain YAML would take the last of two equal keys without a word."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:
        seen: set[Any] = set()
        for key, _ in node.value:
            if key.value in seen:
                raise yaml.constructor.ConstructorError(
                    problem=f"項目「{key.value}」が2回あります", problem_mark=key.start_mark
                )
            seen.add(key.value)
        return super().construct_mapping(node, deep)


class _Loader(_NoKeyTwice, yaml.SafeLoader):
    """Slow, and good at saying what is wrong."""


class _Fast(_NoKeyTwice, getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """Five times as fast, where PyYAML comes with libyaml."""


@lru_cache(maxsize=1)  # a file of many records is asked for once a record
def read(text: str) -> Any:
    """The value of a YAML text, not to be changed by the caller. Raises MarkedError."""
    try:
        return yaml.load(text, _Fast)  # noqa: S506 - a SafeLoader
    except (yaml.YAMLError, ValueError):
        return _read_slowly(text)


def _read_slowly(text: str) -> Any:
    try:
        return yaml.load(text, _Loader)  # noqa: S506 - a SafeLoader
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        raise MarkedError(mark.line + 1 if mark else 1, error.problem or str(error)) from error
    except (yaml.YAMLError, ValueError) as error:  # unreadable characters, a date that is none
        line = text.count("\n", 0, getattr(error, "position", 0) or 0) + 1
        raise MarkedError(line, str(error).split("\n")[0]) from error


def line_of(text: str, place: Sequence[str | int]) -> int:
    """The line (from 1) of the field at ``place``, e.g. ``("sources", 0, "url")``.

    A field that is not there stands where its parent begins.
    """
    node = yaml.compose(text, yaml.SafeLoader)
    line = 0
    for part in place:
        if isinstance(node, yaml.MappingNode):
            found = next((pair for pair in node.value if pair[0].value == part), None)
            if found is None:
                break
            line, node = found[0].start_mark.line, found[1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line
        else:
            break
    return line + 1
