"""Pictures of the pages of original PDFs (原本のページ), made when somebody looks, and kept.

A PDF can crash, hang or fill the memory of whoever draws it, so a child process draws.
"""

from __future__ import annotations

import json
import os
import re
import resource
import sys
import threading
from pathlib import Path

from rag.child import Child
from rag.errors import NotFound
from rag.settings import Settings

DPI = 110
SECONDS = 20.0  # for one page
MEMORY = 1 << 30
LIBRARY_ID = re.compile(r"lib-[0-9a-f]{12}")

_NO_PICTURE = "このページの画像は作れませんでした。文書の画面で本文をお読みください。"


class Originals:
    """The original PDFs of the library as pictures of their pages."""

    def __init__(self, settings: Settings) -> None:
        self.library = settings.library
        self.kept = settings.cache / "pages"
        self._drawing = threading.Lock()  # one at a time: drawing takes a whole core

    def pdf(self, document_id: str) -> Path | None:
        """The original of a document, where it is a PDF of the library."""
        path = self.library / document_id / "original.pdf"
        return path if LIBRARY_ID.fullmatch(document_id) and path.is_file() else None

    def pages(self, document_id: str) -> int:
        """How many pages can be looked at; 0 where there is no PDF."""
        pdf = self.pdf(document_id)
        return len(json.loads((pdf.parent / "reading.json").read_text("utf-8"))["pages"]) if pdf else 0

    def picture(self, document_id: str, page: int) -> Path:
        """A PNG of one page. Raises NotFound where there is none and none can be made."""
        pdf = self.pdf(document_id)
        if pdf is None:
            raise NotFound("この文書には、ページの画像がありません。文書の画面で本文をお読みください。")
        picture = self.kept / document_id / f"{page}.png"
        with self._drawing:
            if not picture.exists() and not self._draw(pdf, page, picture):
                raise NotFound(_NO_PICTURE)
        return picture

    def _draw(self, pdf: Path, page: int, picture: Path) -> bool:
        picture.parent.mkdir(parents=True, exist_ok=True)
        aside = picture.with_suffix(".part")
        drawn = Child("bot.originals", str(pdf), str(page), str(aside), seconds=SECONDS).wait().well
        if drawn:
            os.replace(aside, picture)
        return drawn


def main(pdf: str, page: str, picture: str) -> None:
    """In the child: draw one page."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    from ingest.readers import ocr

    Path(picture).write_bytes(ocr.picture(Path(pdf), int(page), DPI))


if __name__ == "__main__":
    main(*sys.argv[1:])
