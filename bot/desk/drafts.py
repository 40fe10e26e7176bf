"""A finished support as the draft of a case (下書きの事例): HANDSON_HOME/drafts, never published by itself.

It has every field of corpus.records.Case in order. What the desk does not know is null, for the secretariat to fill in;
personal data in the texts are masked.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from bot.desk.request import Event, Request
from bot.masking import mask
from corpus.records import Case
from rag.errors import StoreError

_HEADER = """\
# 下書きです。まだ公開されません（受付番号{number}の支援から作りました）。
# 1. null と [] の項目を調べて書きます。わからないことは null のままにします（technology、confidence、sources は要ります）。
# 2. title の「下書き: 」を消し、HANDSON_HOME/shelves/cases/ に移して、handson check と handson build を実行します。
"""


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
        "title": f"下書き: {request.municipality}への支援（受付番号{request.id}）",
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
