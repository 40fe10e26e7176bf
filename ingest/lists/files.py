"""Records of one's own as YAML files that a person can read: HANDSON_HOME/shelves."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import yaml

from corpus import marked
from corpus.parts import Record

GLOSSARY = "glossary"
_HEADER = "# handson add --as {shelf} で作りました。直して handson build を実行すると、次の版に入ります。\n"


class _Dumper(yaml.SafeDumper):
    """Lists of words on one line, items of other lists set in, lines of a text as they are."""

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002
        super().increase_indent(flow, indentless=False)


def _list(dumper: yaml.SafeDumper, items: list[Any]) -> yaml.Node:
    flow = all(not isinstance(item, dict) for item in items)
    return dumper.represent_sequence("tag:yaml.org,2002:seq", items, flow_style=flow)


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.Node:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(list, _list)
_Dumper.add_representer(str, _text)


def ids(root: Path, shelf: str) -> dict[str, Path]:
    """The records of a shelf below ``root`` and the files they stand in."""
    if shelf == GLOSSARY:
        path = root / "glossary.yaml"
        return {entry["id"]: path for entry in _entries(path)}
    files = sorted((root / shelf).glob("*.yaml"))
    return {marked.read(path.read_text("utf-8-sig"))["id"]: path for path in files}


def write(root: Path, shelf: str, records: Sequence[Record]) -> None:
    """Put records on a shelf below ``root``; one with the id of another takes its place."""
    if not records:
        return
    if shelf == GLOSSARY:
        path = root / "glossary.yaml"
        kept = {entry["id"]: entry for entry in _entries(path)}
        kept |= {record.id: _plain(record) for record in records}
        _replace(path, _HEADER.format(shelf=shelf) + _yaml(list(kept.values())))
        return
    known = ids(root, shelf)
    for record in records:
        path = known.get(record.id, root / shelf / f"{record.id}.yaml")
        _replace(path, _HEADER.format(shelf=shelf) + _yaml(_plain(record)))


def _entries(path: Path) -> list[dict[str, Any]]:
    return list(marked.read(path.read_text("utf-8-sig")) or ()) if path.exists() else []


def _plain(record: Record) -> dict[str, Any]:
    """What a person writes of a record: no field that stands as it is without being written."""
    return record.model_dump(mode="json", exclude_defaults=True)


def _yaml(content: object) -> str:
    return yaml.dump(content, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10**6)


def _replace(path: Path, text: str) -> None:
    """In one step: a build at the same time reads the old file or the new one."""
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(path.name + ".part")
    aside.write_text(text, "utf-8")
    os.replace(aside, path)
