"""Reads a retrieval set in the layout of BEIR (Thakur et al. 2021). Strict: a set read by halves measures
something else, so every fault is an error that names its file, line and field.

::

    corpus.jsonl     {"_id" or "id": …, "title": …, "text": …}; the title may be empty or missing
    queries.jsonl    {"_id" or "id": …, "text": …}
    qrels.tsv        a header, then query, document and grade; or qrels/test.tsv
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from corpus.faults import Fault
from rag.errors import UserFacingError

CORPUS = "corpus.jsonl"
QUERIES = "queries.jsonl"
QRELS = ("qrels.tsv", "qrels/test.tsv")
COLUMNS = ("query_id", "doc_id", "relevance")
_ALSO = {"corpus_id": "doc_id", "score": "relevance"}  # what BEIR's own files call them, with a hyphen


class SetError(UserFacingError):
    """A retrieval set cannot be used."""


@dataclass(frozen=True)
class Entry:
    """A document of the set."""

    id: str
    title: str
    text: str


@dataclass(frozen=True)
class Question:
    """``relevant``: the documents that answer it, with their grades, all above zero."""

    id: str
    text: str
    relevant: Mapping[str, int]


@dataclass(frozen=True)
class RetrievalSet:
    """Every document, and the questions that have a relevant one, in the order of the files."""

    entries: tuple[Entry, ...]
    questions: tuple[Question, ...]


def read(folder: Path, limit: int | None = None) -> RetrievalSet:
    """Read a folder, with the first ``limit`` questions only. Raises SetError."""
    if not folder.is_dir():
        raise SetError(f"{folder} というフォルダが見つかりません。場所を確かめてください。")
    corpus, queries, qrels = (_file(folder, *names) for names in ((CORPUS,), (QUERIES,), QRELS))
    entries = {
        name: Entry(name, _text(row, "title", place, optional=True), _text(row, "text", place))
        for name, row, place in _records(corpus)
    }
    texts = {name: _question(row, place) for name, row, place in _records(queries)}
    relevant = _relevant(qrels, texts, entries)
    questions = [Question(name, text, relevant[name]) for name, text in texts.items() if name in relevant]
    if not questions:
        raise SetError(
            f"適合する文書のある質問が1つもありません。{qrels} に relevance が1以上の行があるか確かめてください。"
        )
    return RetrievalSet(tuple(entries.values()), tuple(questions[:limit]))


def _file(folder: Path, *names: str) -> Path:
    for name in names:
        if (folder / name).is_file():
            return folder / name
    raise SetError(
        f"{folder} に {' も '.join(names)} {'も' if len(names) > 1 else 'が'}ありません。"
        f"{CORPUS}、{QUERIES}、{QRELS[0]}（または {QRELS[1]}）を置いてください。"
    )


def _lines(path: Path) -> Iterator[tuple[str, str]]:
    """Lines that are not blank, each with the place to name in a complaint."""
    with path.open("rb") as file:
        for number, raw in enumerate(file, start=1):
            place = f"{path} {number}行目"
            try:
                line = raw.decode("utf-8-sig" if number == 1 else "utf-8")
            except UnicodeDecodeError:
                raise _wrong(place, None, "UTF-8として読めません") from None
            if line.strip():
                yield line.rstrip("\r\n"), place


def _records(path: Path) -> Iterator[tuple[str, dict[str, Any], str]]:
    """Each object of a JSONL file: its id, itself, its place."""
    places: dict[str, str] = {}
    for line, place in _lines(path):
        try:
            row = json.loads(line)
        except (ValueError, RecursionError):
            raise _wrong(place, None, "JSONとして読めません") from None
        if not isinstance(row, dict):
            raise _wrong(place, None, "JSONのオブジェクト {…} ではありません")
        field = "_id" if "_id" in row else "id"
        if type(row.get(field)) is int:
            row[field] = str(row[field])
        name = _text(row, field, place)
        if not name.strip():
            raise _wrong(place, field, "空です")
        if name in places:
            raise _wrong(
                place, field, f"{places[name].removeprefix(f'{path} ')}と同じです。片方を変えてください", name
            )
        places[name] = place
        yield name, row, place


def _text(row: dict[str, Any], field: str, place: str, *, optional: bool = False) -> str:
    value = row.get(field)
    if value is None and optional:
        return ""
    if field not in row:
        raise _wrong(place, field, "項目がありません")
    if not isinstance(value, str):
        raise _wrong(place, field, "文字ではありません（引用符で囲んでください）", str(value))
    if any("\ud800" <= letter <= "\udfff" for letter in value):
        raise _wrong(place, field, "文字として読めないデータがあります")
    return value


def _question(row: dict[str, Any], place: str) -> str:
    text = _text(row, "text", place)
    if not text.strip():
        raise _wrong(place, "text", "空です")
    return text


def _relevant(path: Path, queries: Collection[str], documents: Collection[str]) -> dict[str, dict[str, int]]:
    """The relevant documents of each question that has any."""
    known = {"query_id": (queries, QUERIES), "doc_id": (documents, CORPUS)}
    judged: dict[tuple[str, str], int] = {}
    for cells, place in _rows(path):
        for column, (names, file) in known.items():
            if cells[column] not in names:
                raise _wrong(place, column, f"{file} にありません", cells[column])
        try:
            grade = int(cells["relevance"])
        except ValueError:
            raise _wrong(place, "relevance", "整数で書きます", cells["relevance"]) from None
        pair = (cells["query_id"], cells["doc_id"])
        if judged.setdefault(pair, grade) != grade:
            raise _wrong(place, "relevance", f"同じ組に {judged[pair]} と書いた行もあります", str(grade))
    relevant: dict[str, dict[str, int]] = {}
    for (query, document), grade in judged.items():
        if grade > 0:
            relevant.setdefault(query, {})[document] = grade
    return relevant


def _rows(path: Path) -> Iterator[tuple[dict[str, str], str]]:
    """Each line below the header as column -> cell."""
    header: list[str] | None = None
    for line, place in _lines(path):
        cells = [cell.strip() for cell in line.split("\t")]
        if header is None:
            names = [cell.replace("-", "_") for cell in cells]
            header = [_ALSO.get(name, name) for name in names]
            if missing := [column for column in COLUMNS if column not in header]:
                told = f"見出しの行にありません（{'、'.join(COLUMNS)} をタブで区切って書きます）"
                raise _wrong(place, missing[0], told)
            continue
        row = dict(zip(header, cells, strict=False))
        if missing := [column for column in COLUMNS if not row.get(column)]:
            raise _wrong(place, missing[0], "値がありません（3つの値をタブで区切って書きます）")
        yield row, place


def _wrong(place: str, field: str | None, reason: str, value: str | None = None) -> SetError:
    shown = value if value is None or len(value) <= 60 else f"{value[:60]}…"
    return SetError(Fault((field,) if field else (), reason, shown).told(place))
