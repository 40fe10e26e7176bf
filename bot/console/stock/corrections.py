"""Corrections of a reading as the console makes them (読み取りの直し): one at a time, beside what was read."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from bot.console.faults import FormFault
from bot.console.stock.editing import editing, fingerprint
from bot.console.stock.shelf import Shelf
from bot.store.schema import JST
from ingest.corrections import (
    DEEPEST,
    LONGEST,
    LONGEST_PRINTED,
    MOST,
    Correction,
    Fix,
    HeadingFix,
    Off,
    PageFix,
    Spot,
    TextFix,
    put,
    spots,
    without,
    write_corrections,
)
from ingest.cutting import Cut
from ingest.inspection import Inspection, inspect_item
from ingest.items import Item, one_line
from ingest.normalize import repair
from ingest.sections import LONGEST_HEADING, outline
from ingest.types import Reading
from rag.documents import Chunk
from rag.errors import EditConflict
from rag.fold import squeeze
from rag.settings import Settings

_CHANGED = (
    "は、あなたが開いたあとに、ほかの人が変えています。何も書き換えていません。"
    "いまの内容を確かめてから、もう一度行ってください。"
)


@dataclass(frozen=True)
class Passage:
    """A line as read, how deep a heading it was taken for (0: none), and what was put right of it."""

    spot: Spot
    depth: int
    text: Correction | None
    heading: Correction | None

    @property
    def version(self) -> str:
        return fingerprint((self.text, self.heading))

    @property
    def now(self) -> str:
        """Its words as they are searched."""
        return self.text.fix.now if self.text and isinstance(self.text.fix, TextFix) else self.spot.text

    @property
    def level(self) -> str:
        """What is said of it as a heading; empty: nothing."""
        fix = self.heading.fix if self.heading else None
        return str(fix.level) if isinstance(fix, HeadingFix) else ""


@dataclass(frozen=True)
class Said:
    """What was written of a passage. ``level``: see Passage; ``dropped``: it is to be left out."""

    text: str
    level: str = ""
    dropped: bool = False


@dataclass(frozen=True)
class Proof:
    """A document as read and as corrected, at one moment."""

    item: Item
    reading: Reading
    corrections: tuple[Correction, ...]
    seen: Inspection

    @property
    def cut(self) -> Cut:
        return self.seen.cut

    @property
    def by_id(self) -> dict[str, Correction]:
        return {one.id: one for one in self.corrections}

    def passages(self, page: int | None) -> list[Passage]:
        """The lines that begin on a page; all of them where there are no pages."""
        deep = outline(self.cut.read)
        kept = self.by_id
        return [
            Passage(spot, deep.get(row, 0), *(kept.get(Correction(fix, "", "").id) for fix in _empty(spot)))
            for row, spot in enumerate(spots(self.cut.read))
            if page is None or spot.page == page
        ]


def _empty(spot: Spot) -> tuple[Fix, Fix]:
    """One of each kind, to ask whether there is one."""
    return TextFix(spot, ""), HeadingFix(spot, 0)


class Corrections:
    """The corrections in the library of ``settings``."""

    def __init__(self, settings: Settings, now: Callable[[], datetime] = lambda: datetime.now(JST)) -> None:
        self._settings = settings
        self._shelf = Shelf(settings)
        self._now = now

    def item(self, item_id: str) -> Item:
        """Raises NotFound."""
        return self._shelf.item(item_id)

    def proof(self, item_id: str) -> Proof:
        """Raises NotFound, UnreadableFile."""
        item, library = self._shelf.item(item_id), self._shelf.library
        reading, corrections = library.reading(item), library.corrections(item)
        return Proof(item, reading, corrections, inspect_item(item, reading, corrections))

    def passage(self, item_id: str, key: str, said: Said, version: str, by: str) -> tuple[Passage, Passage]:
        """Put a line right; as it was, and as it is. Raises EditConflict, FormFault."""
        with editing(self._settings):
            proof = self.proof(item_id)
            was = next((one for one in proof.passages(None) if one.spot.key == key), None)
            if was is None or was.version != version:
                raise EditConflict(f"この文{_CHANGED}")
            new = [self._made(fix, by) for fix in _fixes(was, said)]
            old = [one.id for one in (was.text, was.heading) if one]
            self._keep(proof, put(without(proof.corrections, *old), *new))
            now = next(one for one in self.proof(item_id).passages(None) if one.spot.key == key)
            return was, now

    def printed(self, item_id: str, page: int, number: str, version: str, by: str) -> tuple[str, str]:
        """Say which number is printed on a page; as it was, and as it is. Raises EditConflict, FormFault."""
        number = one_line(number)
        if len(number) > LONGEST_PRINTED:
            raise FormFault({"printed": f"ページ番号は{LONGEST_PRINTED}文字以内で書いてください。"})
        with editing(self._settings):
            proof = self.proof(item_id)
            fix = self._made(PageFix(page, number), by)
            if fingerprint(proof.by_id.get(fix.id)) != version:
                raise EditConflict(f"{page}ページの番号{_CHANGED}")
            was = printed_on(proof, page)
            if was == number:
                raise FormFault({"printed": "いまのページ番号と同じです。直すところがあれば書いてください。"})
            self._keep(proof, put(proof.corrections, fix))
            return was, number

    def switch_off(self, item_id: str, chunk_id: str, by: str) -> Chunk:
        """Keep a chunk from being found and cited. Raises EditConflict where it is not there any more."""
        with editing(self._settings):
            proof = self.proof(item_id)
            chunk = next((one for one in proof.cut.chunks if one.id == chunk_id), None)
            if chunk is None:
                raise EditConflict(f"この箇所{_CHANGED}")
            self._keep(proof, put(proof.corrections, self._made(Off(_spot(proof, chunk)), by)))
            return chunk

    def take_back(self, item_id: str, correction_id: str, version: str) -> Correction:
        """As it was read again. Raises EditConflict."""
        with editing(self._settings):
            proof = self.proof(item_id)
            old = proof.by_id.get(correction_id)
            if old is None or fingerprint(old) != version:
                raise EditConflict(f"この直し{_CHANGED}")
            self._keep(proof, without(proof.corrections, correction_id))
            return old

    def reread(self, item_id: str) -> tuple[Proof, Proof]:
        """Read the original anew; before and after."""
        with editing(self._settings):
            was = self.proof(item_id)
            self._shelf.library.reread(was.item)
            return was, self.proof(item_id)

    def _made(self, fix: Fix, by: str) -> Correction:
        return Correction(fix, by, self._now().isoformat(timespec="seconds"))

    def _keep(self, proof: Proof, corrections: tuple[Correction, ...]) -> None:
        if len(corrections) > MOST:
            raise FormFault(
                {"text": f"1つの文書の直しは{MOST:,}件までです。ファイルを直して差し替えてください。"}
            )
        write_corrections(self._shelf.library.folder / proof.item.id, corrections)


def printed_on(proof: Proof, page: int) -> str:
    """The number that a page is said to carry; that of the file unless it is known to be another."""
    fix = proof.by_id.get(Correction(PageFix(page, ""), "", "").id)
    if fix and isinstance(fix.fix, PageFix):
        return fix.fix.printed
    return proof.cut.printed_read.get(page, str(page))


def _fixes(was: Passage, said: Said) -> list[Fix]:
    """What a person wrote of a line, as corrections; what is as read needs none. Raises FormFault."""
    if said.dropped:
        return [TextFix(was.spot, "")]
    text = "\n".join(
        filter(None, (repair(line.replace("\t", " ")).strip() for line in said.text.split("\n")))
    )
    level = int(said.level) if said.level in map(str, range(DEEPEST + 1)) else None
    fault = ""
    if not text:
        fault = "文が空です。本文から除くときは「この文を本文から除く」を選んでください。"
    elif len(text) > LONGEST:
        fault = f"{LONGEST:,}文字以内で書いてください（いま{len(text):,}文字です）。"
    elif level and len(text.split("\n")[0]) > LONGEST_HEADING:
        fault = f"見出しは{LONGEST_HEADING}文字以内です。見出しのあとの文は、改行して次の行に書いてください。"
    fixes: list[Fix] = []
    if text != was.spot.text:
        fixes.append(TextFix(was.spot, text))
    if level is not None and level != was.depth:
        fixes.append(HeadingFix(was.spot, level))
    if not fault and not fixes and not (was.text or was.heading):
        fault = "読み取ったままです。直すところがあれば直してください。"
    if fault:
        raise FormFault({"text": fault})
    return fixes


def _spot(proof: Proof, chunk: Chunk) -> Spot:
    """What the passage of a chunk is called by."""
    alike = [
        one.id
        for one, _ in proof.cut.every
        if one.page == chunk.page and squeeze(one.text) == squeeze(chunk.text)
    ]
    return Spot(chunk.page, chunk.text, alike.index(chunk.id))
