"""Loads and validates every shelf; an error names file, line, field and value.

``load`` reads all records before it complains, so that one run tells every fault.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import TypeVar

from pydantic import ValidationError

from corpus import links, marked
from corpus.faults import Fault, Loc, faults
from corpus.parts import Record
from corpus.records import Advisor, Case, Contact, Faq, Forum, GuidePage, Need, Programme, Technology, Term

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
    needs: tuple[Need, ...]
    advisors: tuple[Advisor, ...]
    faq: tuple[Faq, ...]
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


def load(*roots: Path) -> Shelves:
    """Read all shelves under ``roots`` (by default ROOT) together; one that is not there is empty.

    Raises ShelfError with every fault found. A file is named by its name, below a later root by its path.
    """
    reader = _Reader(roots or (ROOT,))
    shelves = Shelves(
        guide=reader.pages("guide", GuidePage),
        cases=reader.files("cases", Case),
        technologies=reader.files("technologies", Technology),
        programmes=reader.files("programmes", Programme),
        contacts=reader.files("contacts", Contact),
        forums=reader.files("forums", Forum),
        needs=reader.files("needs", Need),
        advisors=reader.files("advisors", Advisor),
        faq=reader.files("faq", Faq),
        glossary=reader.entries("glossary.yaml", Term),
    )
    reader.refuse_faults()
    return shelves


def glossary(root: Path) -> tuple[Term, ...]:
    """The glossary under ``root`` alone. Raises ShelfError where an entry is wrong in itself."""
    reader = _Reader((root,))
    terms = reader.entries("glossary.yaml", Term)
    if reader.faults:
        raise ShelfError(tuple(reader.faults))
    return terms


@dataclass(frozen=True)
class _Entry:
    """One record in its file: ``text`` is the YAML it stands in, ``place`` where, ``first`` its first line."""

    name: str
    text: str
    first: int = 1
    place: tuple[int, ...] = ()

    def told(self, fault: Fault) -> str:
        return fault.told(f"{self.name} {self.line(fault.loc)}行目")

    def line(self, loc: Loc = ()) -> int:
        return self.first - 1 + marked.line_of(self.text, (*self.place, *loc))


@dataclass
class _Reader:
    """Reads shelf after shelf, keeping what is wrong until the end."""

    roots: tuple[Path, ...]
    faults: list[str] = field(default_factory=list)
    read: list[tuple[_Entry, Record]] = field(default_factory=list)

    def files(self, folder: str, kind: type[R]) -> tuple[R, ...]:
        """A shelf with one record a file."""
        entries = [_Entry(name, text) for name, text in self._texts(folder, "*.yaml")]
        return tuple(made for entry in entries if (made := self._record(entry, kind)))

    def pages(self, folder: str, kind: type[R]) -> tuple[R, ...]:
        """A shelf with one Markdown page a file: front matter, then the body."""
        made = []
        for name, text in self._texts(folder, "*.md"):
            parts = text.split("---\n", 2)
            if len(parts) != 3 or parts[0].strip():
                self.faults.append(
                    f"{name} 1行目: 先頭に --- で囲んだ見出し情報がありません。"
                    "corpus/README.md の例にならって書いてください。"
                )
                continue
            made.append(self._record(_Entry(name, parts[1], first=2), kind, body=parts[2]))
        return tuple(record for record in made if record)

    def entries(self, file: str, kind: type[R]) -> tuple[R, ...]:
        """A shelf that is one file with a list of records."""
        made = []
        for name, text in self._texts(".", file):
            try:
                number = len(marked.read(text) or ())
            except (marked.MarkedError, TypeError):
                number = 1  # told by the first entry
            entries = [_Entry(name, text, place=(row,)) for row in range(number)]
            made += [self._record(entry, kind) for entry in entries]
        return tuple(record for record in made if record)

    def refuse_faults(self) -> None:
        """Raise ShelfError for all that was wrong, equal ids and links to nothing included."""
        self.faults += [entry.told(fault) for entry, fault in links.twins(self.read)]
        if not self.faults:  # a record that could not be read would seem missing
            between = (*links.dangling(self.read), *links.shared_words(self.read))
            self.faults += [entry.told(fault) for entry, fault in between]
        if self.faults:
            raise ShelfError(tuple(self.faults))

    def _texts(self, folder: str, pattern: str) -> Iterator[tuple[str, str]]:
        """Name and text of the files of a shelf, root after root."""
        for root in self.roots:
            for path in sorted((root / folder).glob(pattern)):
                name = path.name if root == self.roots[0] else str(path)
                try:
                    yield name, path.read_text("utf-8-sig")
                except UnicodeDecodeError:
                    self.faults.append(f"{name}: UTF-8で書かれていません。UTF-8で保存し直してください。")

    def _record(self, entry: _Entry, kind: type[R], **extra: str) -> R | None:
        try:
            fields = marked.read(entry.text)
            for row in entry.place:
                fields = fields[row]
        except marked.MarkedError as error:
            line = entry.first - 1 + error.line
            self.faults.append(
                f"{entry.name} {line}行目: YAMLとして読めません（{error.reason}）。"
                "コロンや引用符の書き方を確かめてください。"
            )
            return None
        except (KeyError, TypeError):
            fields = None
        if not isinstance(fields, dict):
            self.faults.append(f"{entry.name} {entry.line()}行目: 「項目: 値」の形になっていません。")
            return None
        try:
            record = kind.model_validate(fields | extra)
        except ValidationError as error:
            self.faults += [entry.told(fault) for fault in faults(error)]
            return None
        self.read.append((entry, record))
        return record
