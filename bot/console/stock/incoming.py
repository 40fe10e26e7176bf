"""Files on their way in (届いたファイル): by the name they were sent with, in a folder of their own, until they are taken."""

from __future__ import annotations

import re
import secrets
import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from starlette.datastructures import UploadFile

from ingest.items import one_line
from ingest.readers.parent import SUFFIXES
from rag.errors import LibraryError, NotFound
from rag.settings import Settings

FOLDER = "incoming"
LASTS = 24 * 3600  # seconds until what nobody took is thrown away
LONGEST_NAME = 80  # letters
TOKEN = re.compile(r"[0-9a-f]{32}")


def file_name(upload: UploadFile) -> str:
    """The bare name of an upload; it names nothing outside a folder."""
    name = PurePosixPath(one_line(upload.filename or "").replace("\\", "/").replace("\0", "")).name.lstrip(
        "."
    )
    stem, suffix = PurePosixPath(name).stem, PurePosixPath(name).suffix
    return f"{stem[:LONGEST_NAME]}{suffix[:10]}" if name else "名前のないファイル"


def check(upload: UploadFile, settings: Settings) -> None:
    """Raise LibraryError for a file that is empty, too large or of another kind."""
    name, size = file_name(upload), upload.size or 0
    if PurePosixPath(name).suffix.lower() not in SUFFIXES:
        raise LibraryError(f"{name} は追加できない形式です。{' '.join(SUFFIXES)} のどれかにしてください。")
    if not size:
        raise LibraryError(f"{name} は空のファイルです。中身のあるファイルを選んでください。")
    if size > settings.max_file_mb * 2**20:
        raise LibraryError(
            f"{name} は大きすぎます（{size / 2**20:.1f}MB、上限 {settings.max_file_mb}MB）。"
            "分けるか、画像を小さくして保存し直してください。"
        )


@contextmanager
def held(upload: UploadFile, settings: Settings) -> Iterator[Path]:
    """An upload as a file, for as long as the block lasts. Raises LibraryError."""
    check(upload, settings)
    with TemporaryDirectory(prefix="handson-") as folder:
        yield _written(upload, Path(folder))


def put_aside(upload: UploadFile, settings: Settings) -> str:
    """Keep an upload until it is decided what becomes of it; a token for :func:`put_aside_as`. Raises LibraryError."""
    check(upload, settings)
    _throw_away_old(settings.home / FOLDER)
    token = secrets.token_hex(16)
    folder = settings.home / FOLDER / token
    folder.mkdir(parents=True)
    _written(upload, folder)
    return token


def put_aside_as(token: str, settings: Settings) -> Path:
    """The file of a token. Raises NotFound."""
    folder = settings.home / FOLDER / token
    files = sorted(folder.glob("*")) if TOKEN.fullmatch(token) and folder.is_dir() else []
    if not files:
        raise NotFound("送られたファイルは、もう残っていません。ファイルを選び直してください。")
    return files[0]


def let_go(token: str, settings: Settings) -> None:
    if TOKEN.fullmatch(token):
        shutil.rmtree(settings.home / FOLDER / token, ignore_errors=True)


def _written(upload: UploadFile, folder: Path) -> Path:
    path = folder / file_name(upload)
    upload.file.seek(0)
    with path.open("wb") as file:
        shutil.copyfileobj(upload.file, file)
    return path


def _throw_away_old(folder: Path) -> None:
    for old in folder.glob("*"):
        if time.time() - old.stat().st_mtime > LASTS:
            shutil.rmtree(old, ignore_errors=True)
