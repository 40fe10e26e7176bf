"""The documents of the library as the console changes them (文書): whoever is second is told, nothing is overwritten."""

from __future__ import annotations

import re
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

from bot.console.faults import FormFault
from bot.console.stock.editing import editing, fingerprint
from ingest.items import STATE_NAMES, Details, Item, checked, one_line, write_item
from ingest.library import Added, Library
from rag.errors import EditConflict, LibraryError, NotFound
from rag.settings import Settings

DETAILS = {  # field -> how it is called, and an example
    "title": ("題名", ""),
    "issuer": ("発行者", "例 ○○県 県土整備部"),
    "edition": ("版", "例 第2版"),
    "date": ("発行日", "例 2021-06-01、令和3年6月"),
    "valid_until": ("有効期限", "この日まで検索する。例 2027-03-31"),
    "licence": ("利用条件", "例 政府標準利用規約"),
    "url": ("公式のアドレス", "例 https://www.example.jp/plan.pdf"),
}
LONGEST = 300  # letters of a detail


class Shelf:
    """The library of ``settings``."""

    def __init__(self, settings: Settings) -> None:
        self.library = Library(settings)
        self._settings = settings

    def item(self, item_id: str) -> Item:
        """Raises NotFound; an id is whole here, never its beginning."""
        try:
            item = self.library.item(item_id)
        except LibraryError:
            item = None
        if item is None or item.id != item_id:
            raise NotFound("この文書はありません。文書の一覧から選んでください。")
        return item

    def take(self, path: Path, by: str) -> Added:
        """Add a file; of one that is here already nothing changes. Raises UserFacingError."""
        added = self.library.add(path, Details())
        if added.state == "added":
            item = replace(added.item, details=replace(added.item.details, added_by=by))
            write_item(self.library.folder / item.id, item)
        return added

    def describe(self, item_id: str, details: Details, *, version: str) -> tuple[Item, Item]:
        """Set what is said of a document; as it was, and as it is. Raises EditConflict, FormFault."""
        with editing(self._settings):
            was = self._seen(item_id, version)
            now = replace(was, details=replace(details, added_by=was.details.added_by))
            write_item(self.library.folder / was.id, now)
            return was, now

    def withdraw(self, item_id: str, reason: str, *, version: str) -> tuple[Item, Item]:
        with editing(self._settings):
            was = self._seen(item_id, version)
            return was, self.library.withdraw(was.id, one_line(reason) or None)

    def restore(self, item_id: str, *, version: str) -> tuple[Item, Item]:
        with editing(self._settings):
            was = self._seen(item_id, version)
            return was, self.library.restore(was.id)

    def accept(self, item_id: str, pages: tuple[int, ...], *, version: str) -> tuple[Item, Item]:
        with editing(self._settings):
            was = self._seen(item_id, version)
            return was, self.library.accept(was.id, pages)

    def renew(self, old_id: str, path: Path, details: Details, *, version: str) -> tuple[Item, Item]:
        """Put a newer edition in its place: the older one, and the newer."""
        with editing(self._settings):
            was = self._seen(old_id, version)
            return was, self.library.replace(was.id, path, details).item

    def _seen(self, item_id: str, version: str) -> Item:
        item = self.item(item_id)
        if fingerprint(item) != version:
            raise EditConflict(
                f"「{item.title}」は、あなたが開いたあとに、ほかの人が変えています。何も書き換えていません。"
                "いまの内容を確かめてから、もう一度行ってください。"
            )
        return item


def told(item: Item) -> dict[str, Any]:
    """What the audit log tells of a document."""
    details = {DETAILS[name][0]: said for name, said in asdict(item.details).items() if name in DETAILS}
    about = {"状態": STATE_NAMES[item.state], "次の版": item.replaced_by, "理由": item.reason}
    return details | about | {"確かめたページ": list(item.accepted)}


def details_from(said: dict[str, str]) -> Details:
    """What was written of a document. Raises FormFault."""
    said = {name: one_line(text) for name, text in said.items()}
    faults = {
        name: f"{DETAILS[name][0]}は{LONGEST}文字以内で書いてください。"
        for name, text in said.items()
        if len(text) > LONGEST
    }
    if not said.get("title"):
        faults["title"] = "題名が空です。文書の題名を書いてください。"
    if said.get("url") and not re.fullmatch(r"https?://\S+", said["url"]):
        faults["url"] = "アドレスの形ではありません。https:// から始まる形で書いてください。"
    if said.get("valid_until") and not _is_day(said["valid_until"]):
        faults["valid_until"] = "日付の形ではありません。2027-03-31 の形で書いてください。"
    if faults:
        raise FormFault(faults)
    return checked(Details(**{name: text or None for name, text in said.items()}))


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False
