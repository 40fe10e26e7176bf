"""Loads and validates every shelf; an error names file, line, field and value.

``load`` reads all records before it complains, so that one run tells every fault.
"""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import Any, TypeVar

from pydantic import ValidationError

from corpus import marked
from corpus.records import Advisor, Case, Contact, Forum, GuidePage, Programme, Record, Technology, Term

ROOT = Path(__file__).parent

R = TypeVar("R", bound=Record)


class ShelfError(Exception):
    """Records are wrong; each of ``faults`` says where and why, in Japanese."""

    def __init__(self, faults: tuple[str, ...]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


@dataclass(frozen=True)
class Shelves:
    """Every record, in the order of the file names."""

    guide: tuple[GuidePage, ...]
    cases: tuple[Case, ...]
    technologies: tuple[Technology, ...]
    programmes: tuple[Programme, ...]
    contacts: tuple[Contact, ...]
    forums: tuple[Forum, ...]
    advisors: tuple[Advisor, ...]
    glossary: tuple[Term, ...]

    def records(self) -> Iterator[Record]:
        """All of them, shelf by shelf."""
        return chain.from_iterable(vars(self).values())

    def links(self) -> dict[str, tuple[str, ...]]:
        """Record id -> ids of the records it belongs with: those it names, then those that name it."""
        links: dict[str, dict[str, None]] = {record.id: {} for record in self.records()}
        for record in self.records():
            links[record.id].update(dict.fromkeys(record.related))
        for record in self.records():
            for other in record.related:
                links[other].setdefault(record.id)
        return {record_id: tuple(others) for record_id, others in links.items()}


def load(root: Path = ROOT) -> Shelves:
    """Read all shelves under ``root``. Raises ShelfError with every fault found."""
    reader = _Reader(root)
    shelves = Shelves(
        guide=reader.pages("guide", GuidePage),
        cases=reader.files("cases", Case),
        technologies=reader.files("technologies", Technology),
        programmes=reader.files("programmes", Programme),
        contacts=reader.files("contacts", Contact),
        forums=reader.files("forums", Forum),
        advisors=reader.files("advisors", Advisor),
        glossary=reader.entries("glossary.yaml", Term),
    )
    reader.refuse_faults()
    return shelves


@dataclass(frozen=True)
class _Entry:
    """One record in its file: ``text`` is the YAML it stands in, ``place`` where, ``first`` its first line."""

    path: Path
    text: str
    first: int = 1
    place: tuple[int, ...] = ()

    def fault(self, loc: tuple[str | int, ...], reason: str, value: str = "") -> str:
        line = self.first - 1 + marked.line_of(self.text, (*self.place, *loc))
        name = f" 項目「{'.'.join(map(str, loc))}」" if loc else ""
        return f"{self.path.name} {line}行目{name}{value}: {reason}。"


@dataclass
class _Reader:
    """Reads shelf after shelf, keeping what is wrong until the end."""

    root: Path
    faults: list[str] = field(default_factory=list)
    read: list[tuple[_Entry, Record]] = field(default_factory=list)

    def files(self, folder: str, kind: type[R]) -> tuple[R, ...]:
        """A shelf with one record a file."""
        entries = [_Entry(path, text) for path, text in self._texts(folder, "*.yaml")]
        return tuple(made for entry in entries if (made := self._record(entry, kind)))

    def pages(self, folder: str, kind: type[R]) -> tuple[R, ...]:
        """A shelf with one Markdown page a file: front matter, then the body."""
        made = []
        for path, text in self._texts(folder, "*.md"):
            parts = text.split("---\n", 2)
            if len(parts) != 3 or parts[0].strip():
                self.faults.append(
                    f"{path.name} 1行目: 先頭に --- で囲んだ見出し情報がありません。"
                    "corpus/README.md の例にならって書いてください。"
                )
                continue
            made.append(self._record(_Entry(path, parts[1], first=2), kind, body=parts[2]))
        return tuple(record for record in made if record)

    def entries(self, name: str, kind: type[R]) -> tuple[R, ...]:
        """A shelf that is one file with a list of records."""
        made = []
        for path, text in self._texts(".", name):
            try:
                number = len(marked.read(text) or ())
            except (marked.MarkedError, TypeError):
                number = 1  # told by the first entry
            entries = [_Entry(path, text, place=(row,)) for row in range(number)]
            made += [self._record(entry, kind) for entry in entries]
        return tuple(record for record in made if record)

    def refuse_faults(self) -> None:
        """Raise ShelfError for all that was wrong, equal ids and links to nothing included."""
        seen: dict[str, _Entry] = {}
        for entry, record in self.read:
            twin = seen.setdefault(record.id, entry)
            if twin != entry:
                reason = f"{twin.path.name} と同じです。片方を変えてください"
                self.faults.append(entry.fault(("id",), reason, f" 値「{record.id}」"))
        if not self.faults:  # a record that could not be read would seem missing
            self._refuse_dangling_links(seen)
            self._refuse_words_of_two_terms()
        if self.faults:
            raise ShelfError(tuple(self.faults))

    def _refuse_dangling_links(self, known: Container[str]) -> None:
        for entry, record in self.read:
            for row, other in enumerate(record.related):
                if other not in known or other == record.id:
                    reason = "自分自身です" if other == record.id else "この id の記録はありません"
                    self.faults.append(entry.fault(("related", row), reason, f" 値「{other}」"))

    def _refuse_words_of_two_terms(self) -> None:
        owners: dict[str, Term] = {}
        terms = [(entry, term) for entry, term in self.read if isinstance(term, Term)]
        for entry, term in terms:
            for loc, word in (
                (("title",), term.title),
                *((("synonyms", row), word) for row, word in enumerate(term.synonyms)),
            ):
                owner = owners.setdefault(word.casefold(), term)
                if owner is not term:
                    reason = f"「{owner.title}」の見出しか同義語と同じです。片方から外してください"
                    self.faults.append(entry.fault(loc, reason, f" 値「{word}」"))

    def _texts(self, folder: str, pattern: str) -> Iterator[tuple[Path, str]]:
        for path in sorted((self.root / folder).glob(pattern)):
            try:
                yield path, path.read_text("utf-8-sig")
            except UnicodeDecodeError:
                self.faults.append(f"{path.name}: UTF-8で書かれていません。UTF-8で保存し直してください。")

    def _record(self, entry: _Entry, kind: type[R], **extra: str) -> R | None:
        try:
            fields = marked.read(entry.text)
            for row in entry.place:
                fields = fields[row]
        except marked.MarkedError as error:
            line = entry.first - 1 + error.line
            self.faults.append(
                f"{entry.path.name} {line}行目: YAMLとして読めません（{error.reason}）。"
                "コロンや引用符の書き方を確かめてください。"
            )
            return None
        except (KeyError, TypeError):
            fields = None
        if not isinstance(fields, dict):
            line = entry.first - 1 + marked.line_of(entry.text, entry.place)
            self.faults.append(f"{entry.path.name} {line}行目: 「項目: 値」の形になっていません。")
            return None
        try:
            record = kind.model_validate(fields | extra)
        except ValidationError as error:
            self.faults += [_explain(entry, fault) for fault in error.errors()]
            return None
        self.read.append((entry, record))
        return record


_REASONS = {
    "missing": "項目がありません",
    "extra_forbidden": "この名前の項目はありません",
    "literal_error": "決められた値ではありません（{expected}）",
    "url_parsing": "アドレス（URL）の形ではありません",
    "url_scheme": "https:// か http:// で始まるアドレスを書きます",
    "string_type": "文字ではありません（引用符で囲んでください）",
    "string_too_short": "空です",
    "string_too_long": "長すぎます",
    "string_pattern_mismatch": "使えない文字があります（{pattern}）",
    "tuple_type": "一覧で書きます（例 [橋梁, 舗装]）",
    "too_short": "1つも書かれていません",
    "int_type": "整数で書きます",
    "int_parsing": "整数で書きます",
    "bool_parsing": "true か false で書きます",
    "greater_than_equal": "{ge}以上にします",
    "less_than_equal": "{le}以下にします",
    "value_error": "{error}",
}
_PATTERNS = {
    "id": "英小文字・数字・ハイフンで書きます（例 case-br-01）",
    "related": "英小文字・数字・ハイフンで書きます",
    "reading": "ひらがなで書きます",
}


def _explain(entry: _Entry, fault: Any) -> str:
    """File, line, field, value of a fault, and what was expected."""
    loc = tuple(fault["loc"])
    kind = fault["type"]
    reason = _REASONS.get(kind, fault["msg"]).format_map(fault.get("ctx", {}))
    if kind == "string_pattern_mismatch" and loc:
        reason = _PATTERNS.get(str(loc[0]), reason)
    value = f" 値「{str(fault['input'])[:60]}」" if loc and kind != "missing" else ""
    return entry.fault(loc, reason, value)
