"""What the library knows of a document, and how it is written down (item.json)."""

from __future__ import annotations

import json
import os
import re
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

from rag.documents import Document
from rag.errors import LibraryError, UnreadableFile
from rag.facets import recognise
from rag.fold import strip_invisible

ItemState = Literal["current", "superseded", "withdrawn"]
STATE_NAMES: dict[ItemState, str] = {"current": "公開対象", "superseded": "旧版", "withdrawn": "取り下げ"}


@dataclass(frozen=True)
class Details:
    """What the person who adds a document says of it; ``None`` is unsaid.

    ``valid_until`` is the last day (YYYY-MM-DD) on which the document holds.
    """

    title: str | None = None
    issuer: str | None = None
    edition: str | None = None
    date: str | None = None
    url: str | None = None
    licence: str | None = None
    added_by: str | None = None
    valid_until: str | None = None

    @property
    def given(self) -> dict[str, str]:
        return {name: value for name, value in asdict(self).items() if value is not None}


@dataclass(frozen=True)
class Item:
    """One document of the library. ``accepted``: doubtful pages that a person has looked at."""

    id: str
    file_name: str
    sha256: str
    added_at: str
    details: Details
    state: ItemState = "current"
    replaced_by: str | None = None
    reason: str | None = None
    accepted: tuple[int, ...] = ()

    @property
    def title(self) -> str:
        return self.details.title or self.file_name

    @property
    def document(self) -> Document:
        return Document(
            id=self.id,
            title=self.title,
            shelf="library",
            issuer=self.details.issuer,
            edition=self.details.edition,
            date=self.details.date,
            url=self.details.url,
            file_name=self.file_name,
            superseded=self.state == "superseded",
            valid_until=self.details.valid_until,
            facets=recognise(f"{self.title}\n{self.details.issuer or ''}\n{self.details.date or ''}"),
        )


def checked(details: Details) -> Details:
    """The details on one line each. Raises LibraryError for what cannot be meant."""
    if details.url and not re.match(r"https?://\S+$", details.url):
        raise LibraryError(
            f"--url「{details.url}」はアドレスの形ではありません。https:// から始まる形で書いてください。"
        )
    if details.title is not None and not one_line(details.title):
        raise LibraryError("--title が空です。文書の題名を書くか、指定を外してください。")
    if details.valid_until:
        try:
            date.fromisoformat(details.valid_until)
        except ValueError:
            raise LibraryError(
                f"--valid-until「{details.valid_until}」は日付の形ではありません。2026-03-31 の形で書いてください。"
            ) from None
    return Details(**{name: one_line(value) for name, value in details.given.items()})


def one_line(text: str) -> str:
    return " ".join(strip_invisible(text).split())


def write_json(path: Path, content: object) -> None:
    """Replace a file in one step."""
    aside = path.with_name(path.name + ".part")
    aside.write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
    os.replace(aside, path)


def write_item(folder: Path, item: Item) -> None:
    write_json(folder / "item.json", asdict(item))


def read_item(folder: Path) -> Item:
    """Raises UnreadableFile where item.json is damaged."""
    try:
        raw: dict[str, Any] = json.loads((folder / "item.json").read_text("utf-8"))
        details = Details(**raw.pop("details"))
        return Item(details=details, accepted=tuple(raw.pop("accepted")), **raw)
    except (OSError, ValueError, TypeError, AttributeError, KeyError) as error:
        raise UnreadableFile(
            f"文書 {folder.name} の記録 item.json が壊れています（{error}）。"
            "フォルダを取り除き、元のファイルを handson add で追加し直してください。"
        ) from error
