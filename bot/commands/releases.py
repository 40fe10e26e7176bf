"""handson build | releases | publish | rollback | diff"""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import datetime
from typing import TYPE_CHECKING

from bot.arguments import Commands
from bot.measuring import gating, measuring
from bot.terminal import Bar, say
from rag.errors import UserFacingError
from rag.settings import Settings

if TYPE_CHECKING:
    from ingest.changes import ChunkChange, Difference, DocumentChange
    from rag.documents import Chunk
    from rag.embed import Embedder
    from rag.published import Listed
    from rag.release import Manifest

SHOWN_CHARS = 100  # letters of a changed chunk; --json has them all
FIELDS = {
    "title": "題名",
    "shelf": "棚",
    "summary": "要約",
    "issuer": "発行者",
    "date": "日付",
    "edition": "版",
    "url": "アドレス",
    "file_name": "ファイル名",
    "sources": "出典",
    "related": "関連",
    "sample": "サンプルかどうか",
}
SIGNS = {"added": "+", "removed": "-", "changed": "~"}


def register(commands: Commands) -> None:
    building = commands.add("build", build, "棚と文書からリリースを作って公開する")
    building.add_argument("--no-publish", action="store_true", help="作るだけで公開しない")
    building.add_argument(
        "--gate",
        metavar="セット",
        help="テストセット（golden など）で測り、いまのリリースより悪くなければ公開する",
    )
    listing = commands.add("releases", releases, "リリースの一覧を見る")
    publishing = commands.add("publish", publish, "リリースを選んで公開する")
    publishing.add_argument("release", metavar="リリース", help="id（はじめの数文字でよい）")
    commands.add("rollback", rollback, "ひとつ前に公開したリリースに戻す")
    comparing = commands.add("diff", diff, "2つのリリースの違いを見る")
    comparing.add_argument("before", metavar="前", help="id、current、previous のどれか")
    comparing.add_argument("after", metavar="後", help="id、current、previous のどれか")
    for made in (listing, comparing):
        made.add_argument("--json", action="store_true", help="JSONで出す")


def build(options: argparse.Namespace, settings: Settings) -> int:
    """Make a new release from the shelves and the library."""
    if options.gate is None:
        build_release(settings, publish=not options.no_publish)
        return 0
    if code := measuring(settings, "check", options.gate).returncode:
        return code
    built = build_release(settings, publish=False)
    if not _passes(options.gate, built, settings):
        say(
            f"リリース {built} は公開していません。それでも公開するときは handson publish {built} を実行します。"
        )
        return 1
    if not options.no_publish:
        from rag import published

        published.publish(settings.releases, built, settings.model)
        published.prune(settings.releases)
        say(f"リリース {built} を公開しました。")
    return 0


def _passes(test_set: str, built: str, settings: Settings) -> bool:
    """Whether it is no worse than the current release. Raises UserFacingError where that cannot be measured."""
    code = measuring(settings, *gating(test_set, built, settings)).returncode
    if code not in (0, 1):
        raise UserFacingError(
            f"リリース {built} を測れませんでした（終了コード {code}）。公開していません。"
            "上の説明を直して、もう一度 handson build --gate を実行してください。"
        )
    return code == 0


def build_release(settings: Settings, *, publish: bool) -> str:
    """Build with the real model and a progress bar, and say what came out; its id."""
    from ingest.build import build as build_aside
    from rag.models import open_embedder

    def second() -> Embedder:
        return open_embedder(settings.second_model, settings.models)

    manifest = build_aside(
        settings,
        lambda: open_embedder(settings.model, settings.models),
        Bar(),
        second=second if settings.second_model else None,
        publish=publish,
    )
    state = "公開しました" if publish else "作りました（公開していません）"
    say(f"リリース {manifest.id} を{state}: {_size(manifest)}、ベクトル{manifest.spaces[0].vectors:,}件")
    return manifest.id


def releases(options: argparse.Namespace, settings: Settings) -> int:
    """List the releases, newest first."""
    from rag.published import listed

    found = listed(settings.releases)
    if options.json:
        say(json.dumps([_as_json(item) for item in found], ensure_ascii=False, indent=1))
    elif found:
        say("\n".join(map(_line, found)))
    else:
        say("リリースはまだありません。handson build で作ります。")
    return 0


def publish(options: argparse.Namespace, settings: Settings) -> int:
    """Switch to a release."""
    from rag import published

    release_id = published.resolve(settings.releases, options.release)
    manifest = published.publish(settings.releases, release_id, settings.model)
    say(f"リリース {manifest.id} を公開しました: {_size(manifest)}")
    return 0


def rollback(_: argparse.Namespace, settings: Settings) -> int:
    """Switch to the release that was published before."""
    from rag import published

    manifest = published.rollback(settings.releases, settings.model)
    say(f"リリース {manifest.id} に戻しました: {_size(manifest)}")
    return 0


def diff(options: argparse.Namespace, settings: Settings) -> int:
    """Show what differs between two releases."""
    from ingest.changes import compare
    from rag.published import resolve
    from rag.release import Release, read_manifest

    folders = [
        settings.releases / resolve(settings.releases, name) for name in (options.before, options.after)
    ]
    before, after = (Release(folder, read_manifest(folder)) for folder in folders)
    difference = compare(before, after)
    if options.json:
        told = {"counts": difference.counts(), **asdict(difference)}
        say(json.dumps(told, ensure_ascii=False, indent=1))
    else:
        say("\n".join(_difference_lines(difference)))
    return 0


def _size(manifest: Manifest) -> str:
    return f"文書{manifest.documents:,}件、チャンク{manifest.chunks:,}件"


def _as_json(item: Listed) -> dict[str, object]:
    manifest = item.manifest
    about: dict[str, object] = {"id": item.id, "current": item.current, "previous": item.previous}
    if manifest is None:
        return about | {"damaged": True}
    return about | {
        "created_at": manifest.created_at,
        "documents": manifest.documents,
        "chunks": manifest.chunks,
        "model": manifest.spaces[0].model,
        "damaged": False,
    }


def _line(item: Listed) -> str:
    mark = "*" if item.current else " "
    if item.manifest is None:
        return f"{mark} {item.id}  読めません（壊れているか、形式が違います）"
    made = datetime.fromisoformat(item.manifest.created_at).astimezone()
    state = "  公開中" if item.current else "  ひとつ前" if item.previous else ""
    model = item.manifest.spaces[0].model
    return f"{mark} {item.id}  {made:%Y-%m-%d %H:%M}  {_size(item.manifest)}  {model}{state}"


def _difference_lines(difference: Difference) -> Iterator[str]:
    yield f"{difference.before} → {difference.after}"
    for name, counts in zip(("文書", "チャンク"), difference.counts().values(), strict=True):
        yield f"{name}: 追加{counts['added']:,}件、削除{counts['removed']:,}件、変更{counts['changed']:,}件"
    for document in difference.documents:
        yield from _document_lines(document)


def _document_lines(document: DocumentChange) -> Iterator[str]:
    size = f"  チャンク{len(document.chunks):,}件" if document.change != "changed" else ""
    names = "、".join(FIELDS.get(name, name) for name in document.fields)
    fields = f"  変わった項目: {names}" if names else ""
    yield f"{SIGNS[document.change]} {document.title}（{document.id}）{size}{fields}"
    if document.change == "changed":
        for chunk in document.chunks:
            yield from _chunk_lines(chunk)


def _chunk_lines(change: ChunkChange) -> Iterator[str]:
    for sign, chunk in (("-", change.before), ("+", change.after)):
        if chunk is not None:
            yield f"    {sign} {_short(chunk)}"


def _short(chunk: Chunk) -> str:
    where = " > ".join(chunk.section) + (f" p.{chunk.page}" if chunk.page else "")
    text = chunk.text.replace("\n", " ")
    shown = text if len(text) <= SHOWN_CHARS else text[:SHOWN_CHARS] + "…"
    return f"[{where}] {shown}" if where else shown
