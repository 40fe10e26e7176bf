"""One row of a list -> a record, or what is wrong with which cell."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, get_args

from pydantic import ValidationError

from corpus.faults import Fault, Loc, faults
from corpus.parts import Record
from ingest.lists.columns import SHELVES, SOURCE, Mapping, label
from ingest.lists.values import apart, is_blank, prefecture_of, value_of
from ingest.readers.grid import Cell
from rag.fold import squeeze

# what makes two rows the same record, and how its id begins
KEYS: dict[str, tuple[str, tuple[str, ...]]] = {
    "cases": ("case", ("municipality", "title")),
    "technologies": ("tech", ("title", "provider")),
    "programmes": ("prog", ("title", "provider")),
    "contacts": ("contact", ("title",)),
    "needs": ("need", ("municipality", "title")),
    "advisors": ("advisor", ("title",)),
    "faq": ("faq", ("title",)),
    "glossary": ("term", ("title",)),
}
CONFIDENCE = "medium"  # of a case that a list does not rate
_ABSENT = ("missing", "too_short", "string_too_short")
_IN_A_LIST = {"bool_parsing": "○ か × で書きます"}  # other words than for a YAML file
_UNIT = re.compile(
    r"[（(]((?:百?[万千億]?[円人件橋]|[kcm]?[㎞㎡m]|km|%|％|年|か月|回|箇所|か所|日|時間)(?:[/／].{1,3})?)[）)]$"
)
_FIGURE = re.compile(r"[0-9０-９][0-9０-９,，.．]*")
_URL = re.compile(r"https?://[^\s　、，」）)]+")
_IN_BRACKETS = re.compile(rf"[（(]?(?:{_URL.pattern})[)）]?")  # an address behind its title


@dataclass(frozen=True)
class RowPlace:
    """A row of a list. ``cells``: field -> the cells it is read from; ``number``: its turn in the file."""

    file: str
    sheet: str
    row: int
    cells: dict[str, tuple[Cell, ...]]
    number: int = 0

    @property
    def name(self) -> str:
        return f"{self.row}行目"

    def told(self, fault: Fault, shelf: str) -> str:
        """The whole message: file, sheet, cell, field, value, reason."""
        of = _field_of(fault.loc)
        cells = self.cells.get(of, ())
        written = [cell for cell in cells if not is_blank(cell.text)]
        where = address((written or cells)[0]) if cells else self.name
        sheet = f"「{self.sheet}」" if self.sheet else ""
        name = f" 項目「{label(shelf, of)}」" if of else ""
        if fault.kind in _ABSENT and not written:
            reason = (
                "空です。この項目は必ず書きます" if cells else f"列がありません。列を足すか、{_for_all(of)}"
            )
            return f"{self.file}{sheet} {where}{name}: {reason}。"
        value = f" 値「{fault.value}」" if fault.value is not None else ""
        reason = _IN_A_LIST.get(fault.kind, fault.reason)
        return f"{self.file}{sheet} {where}{name}{value}: {reason}。"


def _for_all(field: str) -> str:
    """How to say one thing for all rows."""
    option = "--source-title 題名" if field in SOURCE else f"--set {field}=値"
    return f"すべての行に同じ値なら {option} を付けてください"


@dataclass(frozen=True)
class Given:
    """What is said for all rows: ``values`` by field for cells that are blank, ``source`` besides their own."""

    values: dict[str, str] = field(default_factory=dict)
    source: dict[str, str | None] | None = None


def address(cell: Cell) -> str:
    """``C7`` for the third column of row 7."""
    letters, number = "", cell.column
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return f"{letters}{cell.row}"


def cells_by_field(mapping: Mapping, named: Sequence[tuple[str, Cell]]) -> dict[str, tuple[Cell, ...]]:
    """The cells of a row that each field is read from, a figure with the unit that its column names."""
    by_name: dict[str, list[Cell]] = {}
    for name, cell in named:
        by_name.setdefault(name, []).append(_with_unit(name, cell))
    return {
        field: tuple(cell for name in columns for cell in by_name.get(name, ()))
        for field, columns in mapping.columns.items()
    }


def _with_unit(name: str, cell: Cell) -> Cell:
    unit = _UNIT.search(name)
    return replace(cell, text=f"{cell.text}{unit[1]}") if unit and _FIGURE.fullmatch(cell.text) else cell


def record_of(shelf: str, place: RowPlace, given: Given) -> Record | tuple[Fault, ...]:
    """The record that a row tells of, or everything that is wrong with it."""
    kind = SHELVES[shelf]
    texts = {field: _text(cells) for field, cells in place.cells.items()}
    texts = given.values | {field: text for field, text in texts.items() if text}
    fields: dict[str, Any] = {
        field: value_of(kind, field, text) for field, text in texts.items() if field not in SOURCE
    }
    found = _filled(shelf, fields)
    if "sources" in kind.model_fields:
        fields["sources"] = [*_sources(texts), *([given.source] if given.source else [])]
    fields.setdefault("id", _id(shelf, fields))
    for name, info in kind.model_fields.items():
        if name not in fields and info.is_required() and type(None) in get_args(info.annotation):
            fields[name] = None
    try:
        record = kind.model_validate(fields)
    except ValidationError as error:
        return (*found, *_of_cells(faults(error)))
    return found or record


def _filled(shelf: str, fields: dict[str, Any]) -> tuple[Fault, ...]:
    """Put in what follows from other fields: the prefecture of a municipality, the mark of a sample."""
    known = SHELVES[shelf].model_fields
    if "sample" in known:
        fields.setdefault("sample", str(fields.get("title", "")).startswith("サンプル"))
    if "confidence" in known:
        fields.setdefault("confidence", CONFIDENCE)
    return _located(fields) if "municipality" in known else ()


def _located(fields: dict[str, Any]) -> tuple[Fault, ...]:
    """Tell municipality and prefecture apart; a name that several prefectures have is a fault."""
    prefecture, municipality = apart(str(fields.get("municipality", "")))
    if prefecture:
        fields.update(municipality=municipality)
        fields.setdefault("prefecture", prefecture)
    if municipality and "prefecture" not in fields:
        found = prefecture_of(municipality)
        if len(found) > 1:
            reason = f"{'と'.join(found)}にあります。都道府県の列を足してください"
            fields["prefecture"] = found[0]  # so that only this is told
            return (Fault(("municipality",), reason, municipality),)
        fields |= {"prefecture": found[0]} if found else {}
    return ()


def _sources(texts: dict[str, str]) -> list[dict[str, str | None]]:
    """The sources of a row, line by line: a title, its address (in either column), its year."""
    titles, urls, years = (texts.get(name, "").split("\n") for name in SOURCE)
    made: list[dict[str, str | None]] = []
    for row in range(max(len(titles), len(urls))):
        told = titles[row].strip() if row < len(titles) else ""
        own = _URL.findall(told) or _URL.findall(urls[row] if row < len(urls) else "")
        wrong = urls[row].strip() if row < len(urls) and not is_blank(urls[row]) else None
        title = _IN_BRACKETS.sub("", told).strip(" 　:：")
        year = years[row].strip() if row < len(years) else ""
        if title or own or wrong:
            url = own[0] if own else wrong
            made.append({"title": title or url, "url": url, "year": year or None})
    return made


def _of_cells(found: Sequence[Fault]) -> tuple[Fault, ...]:
    """Without what only follows: a list whose parts are wrong is not empty besides."""
    wrong = {fault.loc[0] for fault in found if len(fault.loc) > 1}
    return tuple(fault for fault in found if len(fault.loc) != 1 or fault.loc[0] not in wrong)


def _field_of(loc: Loc) -> str:
    """The field of a list that a place in a record was read from."""
    if loc and loc[0] == "sources":
        return f"source.{loc[2]}" if len(loc) > 2 else "source.title"
    return str(loc[0]) if loc else ""


def _id(shelf: str, fields: dict[str, Any]) -> str:
    """Stable: the same municipality and title give the same id, however wide their letters are."""
    prefix, key = KEYS[shelf]
    text = "\n".join(squeeze(str(fields[name])) for name in key if name in fields)
    return f"{prefix}-{hashlib.sha256(text.encode()).hexdigest()[:10]}"


def _text(cells: Sequence[Cell]) -> str:
    return "\n".join(cell.text.strip() for cell in cells if not is_blank(cell.text))
