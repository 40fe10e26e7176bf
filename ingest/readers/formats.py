"""Which reader reads which file. A new format is a row here."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from ingest.readers import pdf, sheets, slides, text, web, word
from ingest.readers.limits import Limits
from ingest.types import Reading

Reader = Callable[[Path, Limits], Reading]
TableReader = Callable[[Path, Limits], sheets.Tables]

READERS: dict[str, Reader] = {
    ".pdf": pdf.read,
    ".docx": word.read,
    ".pptx": slides.read,
    ".xlsx": sheets.read,
    ".html": web.read,
    ".htm": web.read,
    ".csv": sheets.read_csv,
    ".txt": text.read,
    ".md": text.read_markdown,
}

# lists that can become records, see ingest.lists
TABLE_READERS: dict[str, TableReader] = {
    ".xlsx": sheets.read_tables,
    ".csv": sheets.read_csv_tables,
}
