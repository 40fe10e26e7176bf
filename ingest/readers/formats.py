"""Which reader reads which file. A new format is a row here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingest.readers import pdf, text
from ingest.readers.limits import Limits
from ingest.types import Reading

Reader = Callable[[Path, Limits], Reading]

READERS: dict[str, Reader] = {
    ".pdf": pdf.read,
    ".txt": text.read,
    ".md": text.read_markdown,
}
