"""A finished support as the draft of a case (下書きの事例): HANDSON_HOME/drafts, never published by itself.

It has every field of corpus.records.Case in order. What the desk does not know is null, for the secretariat to fill in;
personal data in the texts are masked.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from bot.desk.request import Event, Request
from bot.masking import mask
from bot.store.schema import JST
from corpus.records import Case
from rag.errors import DeskError, NotFound, StoreError

_HEADER = """\
# 下書きです。まだ公開されません（受付番号{number}の支援から作りました）。
# 1. null と [] の項目を調べて書きます。わからないことは null のままにします（technology、confidence、sources は要ります）。
# 2. title の「下書き: 」を消し、HANDSON_HOME/shelves/cases/ に移して、handson check と handson build を実行します。
# 事務局の画面では「事例の下書き」から書き足して保存すると、記録になります。
"""


PREFIX = "下書き: "
_NAME = re.compile(r"case-request-(\d{1,9})\.yaml")
_REPORT = re.compile(r"# ((?:報告|完了)（.+)")


@dataclass(frozen=True)
class Draft:
    """One draft as it stands: its ``fields``, what was reported, the whole file."""

    number: int
    made: datetime
    fields: dict[str, Any]
    reports: tuple[str, ...]
    text: str

    @property
    def title(self) -> str:
        return str(self.fields.get("title") or "").removeprefix(PREFIX)


def path_of(folder: Path, number: int) -> Path:
    return folder / f"case-request-{number}.yaml"


def write(folder: Path, request: Request, history: Iterable[Event]) -> Path:
    """Put the draft down in one step. Raises StoreError where it cannot be written."""
    path, text = path_of(folder, request.id), draft_text(request, history)
    aside = path.with_name(path.name + ".part")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        aside.write_text(text, "utf-8")
        os.replace(aside, path)
    except OSError as error:
        raise StoreError(
            f"事例の下書き {path} を書けません（{error.strerror or error}）。受付番号{request.id}は「{request.state}」に進めていません。"
            "フォルダの場所・空き容量・権限を確かめてから、もう一度行ってください。"
        ) from error
    return path


def numbers(folder: Path) -> tuple[int, ...]:
    """The requests that have a draft, the newest first."""
    found = (_NAME.fullmatch(path.name) for path in folder.glob("*.yaml"))
    return tuple(sorted((int(match[1]) for match in found if match), reverse=True))


def read(folder: Path, number: int) -> Draft:
    """Raises NotFound, DeskError for a file that was spoilt by hand, StoreError."""
    path = path_of(folder, number)
    try:
        text = path.read_text("utf-8")
        made = datetime.fromtimestamp(path.stat().st_mtime, JST)
        fields = yaml.safe_load(text)
    except FileNotFoundError:
        raise NotFound(
            f"受付番号{number}の下書きはありません。記録になったか、消されています。下書きの一覧を確かめてください。"
        ) from None
    except OSError as error:
        raise StoreError(f"事例の下書き {path} を読めません（{error.strerror or error}）。") from error
    except (ValueError, yaml.YAMLError) as error:
        mark = getattr(error, "problem_mark", None)
        raise _spoilt(
            path, f"{mark.line + 1}行目を読めません" if mark else "UTF-8の文字ではありません"
        ) from error
    if not isinstance(fields, dict):
        raise _spoilt(path, "項目がありません")
    reports = tuple(match[1] for line in text.splitlines() if (match := _REPORT.fullmatch(line)))
    return Draft(number, made, fields, reports, text)


def remove(folder: Path, number: int) -> None:
    """Raises StoreError."""
    path = path_of(folder, number)
    try:
        path.unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"事例の下書き {path} を消せません（{error.strerror or error}）。記録はできているので、このファイルを消してください。"
        ) from error


def _spoilt(path: Path, why: str) -> DeskError:
    return DeskError(f"事例の下書き {path} は、{why}。ファイルを直してから開き直してください。")


def draft_text(request: Request, history: Iterable[Event]) -> str:
    """The whole file: what to do, what was reported, the fields."""
    fields = yaml.safe_dump(
        _fields(request), allow_unicode=True, sort_keys=False, width=10**6, default_flow_style=None
    )
    reported = "".join(f"# {line}\n" for line in _reports(history))
    return _HEADER.format(number=request.id) + reported + fields


def _reports(history: Iterable[Event]) -> Iterator[str]:
    """What the log says of the report and of the end."""
    for event in history:
        state = event.after.get("state")
        if state in ("報告", "完了") and event.note:
            said = " ".join(mask(event.note).splitlines())
            yield f"{state}（{event.at:%Y-%m-%d}）: {said}"


def _fields(request: Request) -> dict[str, Any]:
    known = {
        "id": f"case-request-{request.id}",
        "title": f"{PREFIX}{request.municipality}への支援（受付番号{request.id}）",
        "related": [],
        "municipality": request.municipality,
        "prefecture": request.prefecture,
        "facilities": list(request.facilities) or None,
        "need": mask(request.need),
        "technology": request.technology,
        "stage": request.stage,
        "year": str(request.closed_at.year) if request.closed_at else None,
        "sources": [],
    }
    return {name: known.get(name) for name in Case.model_fields}
