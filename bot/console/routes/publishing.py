"""Releases (公開): build in the background, see what differs, publish, roll back. Nobody publishes over another."""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import Path

from fastapi import APIRouter
from fastapi.responses import HTMLResponse, JSONResponse, Response

from bot.commands.releases import FIELDS
from bot.console import looks
from bot.console.door import ConsoleRoute
from bot.console.entry.access import Evaluator, Staff, Viewer, Visit
from bot.store.schema import JST
from ingest.changes import compare
from rag import published
from rag.errors import BuildInProgress, EditConflict, NotFound
from rag.published import Listed
from rag.release import Release, current_id, read_manifest

MOST_SHOWN = 200  # changed documents on a page
REPORT_POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; sandbox"
CHANGES = {"added": "追加", "removed": "削除", "changed": "変更"}

router = APIRouter(route_class=ConsoleRoute, include_in_schema=False)


@router.get("/console/publish")
def overview(visit: Viewer) -> Response:
    return _overview(visit)


@router.get("/console/publish/progress")
def progress(visit: Viewer) -> Response:
    """How far the newest build is, for the script of the page."""
    job = visit.offices.builds.last()
    if job is None:
        return JSONResponse({"state": "none"}, headers=looks.HEADERS)
    told = {"id": job.id, "state": job.state, "name": job.state_name, "step": job.step}
    about = {"done": job.done, "total": job.total, "percent": job.percent, "under_way": job.under_way}
    return JSONResponse(told | about, headers=looks.HEADERS)


@router.post("/console/publish/build")
def build(visit: Staff) -> Response:
    offices = visit.offices
    try:
        job = offices.builds.start(visit.by, measure=offices.test_set if visit.posted.get("measure") else "")
    except BuildInProgress as error:
        return _overview(visit, 409, error.message)
    visit.offices.audit.write(visit.by, "ビルドを開始", job.id)
    return looks.onward(visit, "/console/publish", "新しい版を作り始めました。公開中の版はそのままです。")


@router.get("/console/publish/difference/{release}")
def difference(visit: Viewer, release: str) -> Response:
    """What a release would change, against the current one."""
    releases = visit.offices.settings.releases
    _known(visit, release)
    current = current_id(releases)
    if current is None:
        raise NotFound("公開中の版がないので、比べられません。")
    before, after = (Release(releases / name, read_manifest(releases / name)) for name in (current, release))
    found = compare(before, after)
    shown = {"difference": found, "counts": found.counts(), "fields": FIELDS, "names": CHANGES}
    return looks.page(visit, "difference.html", shown | {"most": MOST_SHOWN})


@router.post("/console/publish/rollback")
def rollback(visit: Staff) -> Response:
    settings = visit.offices.settings
    try:
        was = _unchanged(visit)
        manifest = published.rollback(settings.releases, settings.model)
    except EditConflict as conflict:
        return _overview(visit, 409, conflict.message)
    visit.offices.audit.write(visit.by, "前の版に戻す", manifest.id, {"公開中": was}, {"公開中": manifest.id})
    return looks.onward(visit, "/console/publish", f"リリース {manifest.id} に戻しました。")


@router.post("/console/publish/{release}")
def publish(visit: Staff, release: str) -> Response:
    settings = visit.offices.settings
    _known(visit, release)
    try:
        was = _unchanged(visit)
        manifest = published.publish(settings.releases, release, settings.model)
    except EditConflict as conflict:
        return _overview(visit, 409, conflict.message)
    published.prune(settings.releases)
    visit.offices.audit.write(visit.by, "公開", release, {"公開中": was}, {"公開中": manifest.id})
    return looks.onward(
        visit, "/console/publish", f"リリース {release} を公開しました。次の質問から使われます。"
    )


@router.get("/console/publish/report/{name}")
def report(visit: Evaluator, name: str) -> Response:
    """The page that an evaluation left, harmless whatever stands in it."""
    path = visit.offices.settings.home / "evaluations" / name / "report.html"
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", name) or not path.is_file():
        raise NotFound("この測定の結果はありません。")
    headers = looks.HEADERS | {"Content-Security-Policy": REPORT_POLICY}
    return HTMLResponse(path.read_text("utf-8", "replace"), headers=headers)


def _overview(visit: Visit, status: int = 200, fault: str = "") -> Response:
    settings = visit.offices.settings
    listed = published.listed(settings.releases)
    shown: dict[str, object] = {
        "job": visit.offices.builds.last(),
        "releases": listed,
        "made": {one.id: _made(one) for one in listed},
        "current": current_id(settings.releases) or "",
        "test_set": Path(visit.offices.test_set).stem,
        "reports": _reports(settings.home / "evaluations", listed),
        "fault": fault,
    }
    return looks.page(visit, "publish.html", shown, status=status)


def _unchanged(visit: Visit) -> str:
    """The current release, if it is the one that the person saw. Raises EditConflict."""
    current = current_id(visit.offices.settings.releases) or ""
    if current != visit.posted.get("current"):
        raise EditConflict(
            f"公開中の版は、あなたが画面を開いたあとに変わっています（いまは {current or 'なし'}）。"
            "何も変えていません。いまの一覧を確かめてから、もう一度行ってください。"
        )
    return current


def _known(visit: Visit, release: str) -> None:
    if release not in {one.id for one in published.listed(visit.offices.settings.releases)}:
        raise NotFound("この版はもうありません。公開の画面の一覧から選んでください。")


def _made(listed: Listed) -> str:
    if listed.manifest is None:
        return ""
    return datetime.fromisoformat(listed.manifest.created_at).astimezone(JST).strftime("%Y-%m-%d %H:%M")


def _reports(folder: Path, listed: tuple[Listed, ...]) -> dict[str, list[str]]:
    """Release -> the evaluations that bear its id and have a page."""
    names = sorted(path.parent.name for path in folder.glob("*/report.html"))
    return {one.id: [name for name in names if one.id in name] for one in listed}
