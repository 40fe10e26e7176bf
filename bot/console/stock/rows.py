"""A record as one row of a list (記録と一覧の行): what an import reads, a form shows and an export writes.

The way in is that of ``handson add --as`` (:mod:`ingest.lists.rows`); this is the way back.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from itertools import zip_longest
from typing import Any, Literal, get_args, get_origin, get_type_hints

from corpus.expertise import Level, Period, Support
from corpus.faults import Fault
from corpus.parts import Record, Source
from ingest.lists.columns import SHELVES, names
from ingest.lists.rows import Given, RowPlace, record_of
from ingest.lists.values import WHOLE_COUNTRY, is_blank
from ingest.readers.grid import Cell

FORM = "画面"  # where such a row stands, as messages call it
LINES = {
    "title",
    "municipality",
    "population",
    "year",
    "provider",
    "capacity",
    "period",
    "url",
    "reading",
    "vendor",
}


def fields_of(shelf: str) -> dict[str, str]:
    """Field of a row -> what it is called, in the order of the record."""
    return {name: called[0] for name, called in names(shelf).items() if _fits(shelf, name)}


def row_of(shelf: str, record: Record) -> dict[str, str]:
    """Field -> the text of its cell."""
    plain = {name: _text(name, getattr(record, name, None)) for name in fields_of(shelf)}
    return plain | _sources(getattr(record, "sources", ()))


def row_of_draft(shelf: str, fields: Mapping[str, Any]) -> dict[str, str]:
    """The same of what is not yet a record, as far as it goes."""
    plain = {name: _loose(fields.get(name)) for name in fields_of(shelf)}
    sources = [one for one in fields.get("sources") or () if isinstance(one, dict)]
    parts = {"title": "", "url": "－", "year": ""}
    told = {
        f"source.{name}": "\n".join(str(s.get(name) or none) for s in sources) for name, none in parts.items()
    }
    return plain | told


def place_of(row: Mapping[str, str]) -> RowPlace:
    """A row that was written in a form, as if it stood in a file."""
    cells: dict[str, tuple[Cell, ...]] = {
        name: (Cell(text, 1, column),) for column, (name, text) in enumerate(row.items(), 1)
    }
    return RowPlace(FORM, "", 1, cells)


def read_row(shelf: str, row: Mapping[str, str]) -> Record | tuple[Fault, ...]:
    """The record that a form tells of, or what is wrong with it; its sources are taken word for word."""
    record = record_of(shelf, place_of(row), Given())
    if isinstance(record, tuple) or "sources" not in type(record).model_fields:
        return record
    exact = record.model_dump() | {"sources": _sources_in(row)}
    return type(record).model_validate(exact)


@lru_cache(maxsize=4096)
def survives(shelf: str, record: Record) -> bool:
    """Whether the record comes back from its form just as it is."""
    return read_row(shelf, row_of(shelf, record)) == record


@lru_cache(maxsize=4096)
def survives_a_list(shelf: str, record: Record) -> bool:
    """Whether it comes back from an Excel list just as it is: an import reads sources more freely."""
    return record_of(shelf, place_of(row_of(shelf, record)), Given()) == record


def is_required(shelf: str, name: str) -> bool:
    info = SHELVES[shelf].model_fields.get(name)
    if info is None or name in ("id", "sample", "confidence"):
        return False
    return info.is_required() and type(None) not in get_args(info.annotation)


@dataclass(frozen=True)
class Widget:
    """How a field is asked for: a line, a text, one of its ``options``, several of them."""

    kind: Literal["line", "text", "choice", "several"]
    options: tuple[str, ...] = ()


def widget_of(shelf: str, name: str) -> Widget:
    """By the type that the record gives the field."""
    hint = get_type_hints(SHELVES[shelf]).get(name)
    plain = [part for part in (get_args(hint) or (hint,)) if part is not type(None)]
    if hint is bool:
        return Widget("choice", ("○", "×"))
    if get_origin(hint) is tuple:
        options = get_args(plain[0]) if get_origin(plain[0]) is Literal else ()
        return (
            Widget("several", options)
            if options and name not in ("blocks", "prefectures")
            else Widget("text")
        )
    for part in (hint, plain[0]):
        if get_origin(part) is Literal:
            return Widget("choice", get_args(part))
    return Widget("line" if name in LINES else "text")


def field_of(fault: Fault) -> str:
    """The field of a row that a fault is about."""
    if not fault.loc:
        return "title"
    if fault.loc[0] == "sources":
        return f"source.{fault.loc[2]}" if len(fault.loc) > 2 else "source.title"
    return str(fault.loc[0])


def _fits(shelf: str, name: str) -> bool:
    known = SHELVES[shelf].model_fields
    return name in known or (name.startswith("source.") and "sources" in known)


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return "○" if value else "×"
    if isinstance(value, Period):
        return f"{value.start or ''}～{value.end or ''}" if value.start else f"{value.end}まで"
    if isinstance(value, tuple):
        return "\n".join(map(_part, value)) or (WHOLE_COUNTRY if name == "blocks" else "")
    return "" if value is None else str(value)


def _loose(value: Any) -> str:
    if isinstance(value, list):
        return "\n".join(map(str, value))
    return "" if value is None else str(value)


def _part(value: Any) -> str:
    if isinstance(value, Level):
        return f"{value.of}={value.level}"
    if isinstance(value, Support):
        case, year = (f"（{told}）" if told else "" for told in (value.case, value.year))
        return f"{value.summary}{case}{year}"
    return str(value)


def _sources_in(row: Mapping[str, str]) -> list[dict[str, str | None]]:
    """The lines of the three cells side by side."""
    cells = [row.get(f"source.{name}", "").split("\n") for name in ("title", "url", "year")]
    made = []
    for title, url, year in zip_longest(*cells, fillvalue=""):
        address = None if is_blank(url) else url.strip()
        if title.strip() or address:
            named = title.strip() or address
            made.append({"title": named, "url": address, "year": year.strip() or None})
    return made


def _sources(sources: tuple[Source, ...]) -> dict[str, str]:
    """A line for each source in each of three cells."""
    if not sources:
        return {}
    lines = {"title": [s.title for s in sources], "url": [str(s.url or "－") for s in sources]}
    years = [s.year or "" for s in sources]
    return {f"source.{name}": "\n".join(told) for name, told in (lines | {"year": years}).items()}
