"""The zip package around Word, PowerPoint and Excel files, checked before anything unpacks it."""

from __future__ import annotations

import zipfile
from pathlib import Path

from ingest.readers.limits import Limits
from rag.errors import UnreadableFile

_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"  # OLE: .doc .xls .ppt, or a package under a password
UNPACKED_SHARE = 8  # the unpacked parts may take an eighth of the memory: a parsed part grows about so much


def check(path: Path, limits: Limits) -> None:
    """Raises UnreadableFile: under a password or of an old format, no package at all, far too much inside."""
    with path.open("rb") as file:
        start = file.read(8)
    if start == _OLD_OR_LOCKED:
        raise UnreadableFile(
            f"{path.name} はパスワードで保護されているか、古い形式（.doc .xls .ppt）です。"
            "保護を外し、いまの形式（.docx .xlsx .pptx）で保存し直してから追加してください。"
        )
    if not zipfile.is_zipfile(path):
        raise UnreadableFile(
            f"{path.name} を読み取れません。壊れているか、名前と中身の形式が違います。"
            "元のファイルを開けるか確かめ、保存し直してから追加してください。"
        )
    with zipfile.ZipFile(path) as package:
        size = sum(part.file_size for part in package.infolist() if part.filename.endswith((".xml", ".rels")))
    most = limits.memory_bytes // UNPACKED_SHARE
    if size > most:
        raise UnreadableFile(
            f"{path.name} は中身が{size / 2**20:,.0f} MBに広がり、上限の{most / 2**20:,.0f} MBを超えています。"
            "分割するか、要らないシートや図を除いて保存し直してから追加してください。"
        )
