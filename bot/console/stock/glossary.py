"""The glossary of the home (用語) as the console changes it: what is written here is understood at the next question."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from bot.console.faults import FormFault
from bot.console.stock.editing import editing, fingerprint
from corpus import links, shelves
from corpus.faults import Fault, faults
from corpus.parts import Record
from corpus.records import Term
from ingest.lists import files
from rag.errors import EditConflict, NotFound, RecordError
from rag.settings import Settings


@dataclass(frozen=True)
class _Place:
    """Where a term stands, for the rules between terms."""

    name: str


class Glossary:
    """The terms of corpus/ (``given``), which stay as they are, and those of the home (``own``)."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._root = settings.shelves

    @property
    def given(self) -> tuple[Term, ...]:
        return shelves.glossary(shelves.ROOT)

    @property
    def own(self) -> tuple[Term, ...]:
        """Raises RecordError where the file was damaged by hand."""
        try:
            return shelves.glossary(self._root)
        except shelves.ShelfError as error:
            raise RecordError(
                f"用語のファイル {self._root / 'glossary.yaml'} に誤りがあります。直してから開き直してください。\n{error}"
            ) from error

    def term(self, term_id: str) -> Term:
        """One of the home's. Raises NotFound."""
        found = next((term for term in self.own if term.id == term_id), None)
        if found is None:
            raise NotFound("この用語はありません。ほかの人が消したのかもしれません。一覧から選んでください。")
        return found

    def add(self, said: dict[str, Any]) -> Term:
        """Raises FormFault."""
        with editing(self._settings):
            term = made(said | {"id": _new_id(said["title"])})
            self._write([*self.own, self._fitting(term)])
            return term

    def change(self, term_id: str, said: dict[str, Any], *, version: str) -> tuple[Term, Term]:
        """As it was, and as it is. Raises EditConflict, FormFault, NotFound."""
        with editing(self._settings):
            was = self._seen(term_id, version)
            now = self._fitting(made(said | {"id": term_id, "related": was.related}))
            self._write([now if term.id == term_id else term for term in self.own])
            return was, now

    def remove(self, term_id: str, *, version: str) -> Term:
        with editing(self._settings):
            was = self._seen(term_id, version)
            self._write([term for term in self.own if term.id != term_id])
            return was

    def _seen(self, term_id: str, version: str) -> Term:
        term = self.term(term_id)
        if fingerprint(term) != version:
            raise EditConflict(
                f"用語「{term.title}」は、あなたが開いたあとに、ほかの人が変えています"
                f"（いまの同義語は「{'、'.join(term.synonyms) or 'なし'}」、意味は「{term.meaning}」）。"
                "何も書き換えていません。あなたが書いた内容は下に残してあります。"
                "いまの内容を確かめて、必要なら直してから、もう一度保存してください。"
            )
        return term

    def _fitting(self, term: Term) -> Term:
        """Raise FormFault for a word that belongs to another term."""
        others = [one for one in (*self.given, *self.own) if one.id != term.id]
        read: list[tuple[_Place, Record]] = [(_Place(one.title), one) for one in (*others, term)]
        wrong: dict[str, str] = {}
        for place, fault in links.shared_words(read):
            if place.name == term.title and str(fault.loc[0]) in ("title", "synonyms"):
                wrong.setdefault(str(fault.loc[0]), f"「{fault.value}」は、{fault.reason}。")
        if wrong:
            raise FormFault(wrong)
        return term

    def _write(self, terms: Sequence[Term]) -> None:
        """The whole file in one step: written aside on the same disk, then put in its place."""
        self._root.mkdir(parents=True, exist_ok=True)
        path = self._root / "glossary.yaml"
        with tempfile.TemporaryDirectory(prefix=".glossary-", dir=self._root) as aside:
            (Path(aside) / path.name).write_text("[]\n", "utf-8")  # stays so where there are no terms
            files.write(Path(aside), files.GLOSSARY, terms)
            os.replace(Path(aside) / path.name, path)


def made(said: dict[str, Any]) -> Term:
    """A term from what was written. Raises FormFault with what is wrong field by field."""
    try:
        return Term.model_validate(said)
    except ValidationError as error:
        told: dict[str, str] = {}
        for fault in faults(error):
            told.setdefault(_field(fault), f"{fault.reason}。")
        raise FormFault(told) from error


def told(term: Term) -> dict[str, Any]:
    """What the audit log tells of a term."""
    sources = [source.title for source in term.sources]
    return {
        "用語": term.title,
        "読み": term.reading,
        "意味": term.meaning,
        "同義語": list(term.synonyms),
        "出典": sources,
    }


def _field(fault: Fault) -> str:
    if not fault.loc:
        return "source_title"  # the one rule for a whole term: figures need a source
    if fault.loc[0] == "sources":
        return f"source_{fault.loc[-1]}"
    return str(fault.loc[0])


def _new_id(title: str) -> str:
    return f"term-own-{hashlib.sha256(title.encode('utf-8', 'replace')).hexdigest()[:10]}"
