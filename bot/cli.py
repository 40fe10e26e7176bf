"""The command line: handson serve | add | build | search | ask.

Exit codes: 0 done, 2 the input or the state does not allow it (the message says what to do), 3 another
build is running, 130 interrupted.
"""

from __future__ import annotations

import argparse
import re
import socket
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

from pydantic import ValidationError

from rag.errors import BuildInProgress, LibraryError, UserFacingError
from rag.settings import Settings

if TYPE_CHECKING:
    from ingest.library import Added
    from rag.types import Answer, Hit


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options, _settings())
    except BuildInProgress as error:
        _complain(error.message)
        return 3
    except UserFacingError as error:
        _complain(error.message)
        return 2
    except OSError as error:
        where = f" {error.filename}" if error.filename else ""
        _complain(
            f"ファイルを扱えません{where}（{error.strerror or error}）。場所・空き容量・権限を確かめてください。"
        )
        return 2
    except KeyboardInterrupt:
        _complain("中断しました。公開中のリリースはそのままです。")
        return 130
    return code


def serve(_: argparse.Namespace, settings: Settings) -> int:
    """Build the first release if there is none, then serve."""
    from rag.release import current_id

    if current_id(settings.releases) is None:
        _say("公開中のリリースがないので、最初のリリースを作ります。")
        _build(settings, publish=True)
    import uvicorn

    from bot.app import create_app
    from bot.live import LiveDesk

    live = LiveDesk(settings)
    live.desk()  # what is wrong with the release or the model is told before anything listens
    with _listening(settings) as listener:
        _say(f"ハンズオンナビ: http://{settings.host}:{settings.port}/ （終了は Ctrl+C）")
        # no access log: addresses carry questions
        config = uvicorn.Config(create_app(settings, live), access_log=False, log_level="warning")
        uvicorn.Server(config).run(sockets=[listener])
    return 0


def _listening(settings: Settings) -> socket.socket:
    try:
        return socket.create_server((settings.host, settings.port))
    except OSError as error:
        raise UserFacingError(
            f"{settings.host}:{settings.port} で待ち受けられません（{error.strerror}）。"
            "HANDSON_PORT で別のポートを指定するか、使っているプログラムを終わらせてください。"
        ) from error


def add(options: argparse.Namespace, settings: Settings) -> int:
    """Take documents into the library; one that cannot be read does not stop the others."""
    from ingest.library import Details, Library, documents_in

    files: list[Path] = []
    failed = 0
    for path in options.paths:
        try:
            documents, others = documents_in(path)
        except LibraryError as error:
            _complain(error.message)
            failed += 1
            continue
        files += documents
        for other in others:
            _say(f"対象外の形式なので追加しません: {other}")
    if options.title and len(files) > 1:
        raise LibraryError(
            f"--title は1つのファイルにだけ使えます（{len(files)}個のファイルがあります）。1つずつ追加してください。"
        )
    library = Library(settings)
    details = Details(options.title, options.issuer, options.date, options.url)
    changed = False
    for file in files:
        try:
            added = library.add(file, details)
        except UserFacingError as error:
            _complain(error.message)
            failed += 1
            continue
        changed = changed or added.state != "known"
        _say(_added_text(file, added))
    if changed:
        _say("handson build を実行すると、検索と回答に使われます。")
    return 2 if failed else 0


def build(options: argparse.Namespace, settings: Settings) -> int:
    """Make a new release from the shelves and the library."""
    _build(settings, publish=not options.no_publish)
    return 0


def search(options: argparse.Namespace, settings: Settings) -> int:
    """Show the chunks that are nearest to a question."""
    from bot.api_models import HitModel, SearchModel
    from rag.answer import open_desk

    hits = open_desk(settings).search(options.question, options.k)
    if options.json:
        _say(SearchModel(hits=[HitModel.of(hit) for hit in hits]).model_dump_json(indent=1))
    else:
        _say("\n\n".join(map(_hit_text, hits)) or "見つかりませんでした。")
    return 0


def ask(options: argparse.Namespace, settings: Settings) -> int:
    """Answer one question."""
    from bot.api_models import AnswerModel
    from rag.answer import open_desk

    answer = open_desk(settings).ask(options.question)
    _say(AnswerModel.of(answer).model_dump_json(indent=1) if options.json else _answer_text(answer))
    return 0


def _build(settings: Settings, *, publish: bool) -> None:
    from ingest.build import build as build_release
    from rag.embed import passage_embedder

    manifest = build_release(
        settings,
        lambda: passage_embedder(settings.model, settings.models),
        _Bar(),
        publish=publish,
    )
    state = "公開しました" if publish else "作りました（公開していません）"
    _say(
        f"リリース {manifest.id} を{state}: 文書{manifest.documents:,}件、"
        f"チャンク{manifest.chunks:,}件、ベクトル{manifest.spaces[0].vectors:,}件"
    )


class _Bar:
    """A progress bar on standard error (see ingest.build.Progress)."""

    def start(self, total: int) -> None:
        from tqdm import tqdm

        self._bar = tqdm(total=total, desc="ベクトルを作成", unit="件", file=sys.stderr)

    def advance(self, done: int) -> None:
        self._bar.update(done)

    def finish(self) -> None:
        self._bar.close()


def _added_text(file: Path, added: Added) -> str:
    states = {"added": "追加しました", "updated": "題名などを直しました", "known": "すでに入っています"}
    item = added.item
    lines = [f"{states[added.state]}: {item.title}（{file.name}、{added.pages}ページ、{item.id}）"]
    if added.removed:
        dropped = "、".join(f"{why} {count}行" for why, count in added.removed.items())
        lines.append(f"  本文から除いた行: {dropped}")
    if added.unread:
        numbers = "、".join(map(str, added.unread))
        lines.append(f"  文字が読めなかったページ: {numbers}（画像だけのページは検索されません）")
    return "\n".join(lines)


def _hit_text(hit: Hit) -> str:
    found = "・".join({"dense": "意味", "lexical": "語"}[side] for side in hit.found_by)
    return f"{hit.rank}. {_where(hit)}  （{found}、{hit.score:.2f}）\n{hit.chunk.text}"


def _where(hit: Hit) -> str:
    page = f" p.{hit.chunk.page}" if hit.chunk.page else ""
    return " > ".join([hit.document.title, *hit.chunk.section]) + page


def _answer_text(answer: Answer) -> str:
    parts = [answer.text]
    if answer.citations:
        parts.append("出典")
    for citation in answer.citations:
        page = f" p.{citation.page}" if citation.page else ""
        where = " > ".join([citation.title, *citation.section])
        parts.append(f"[{citation.number}] {where}{page}\n    「{citation.quote}」")
    if answer.nearest:
        parts.append("近い箇所")
    parts += ["・" + " > ".join([near.title, *near.section]) for near in answer.nearest]
    return "\n".join(parts)


def _settings() -> Settings:
    try:
        return Settings()
    except ValidationError as error:
        fault: Any = error.errors()[0]
        name = f"HANDSON_{str(fault['loc'][0]).upper()}"
        limits = fault.get("ctx", {})
        reason = {
            "int_parsing": "整数で書きます",
            "float_parsing": "数で書きます",
            "less_than_equal": f"{limits.get('le')}以下にします",
            "greater_than_equal": f"{limits.get('ge')}以上にします",
            "greater_than": f"{limits.get('gt')}より大きくします",
        }.get(fault["type"], fault["msg"])
        raise UserFacingError(
            f"設定 {name} の値「{fault['input']}」は使えません（{reason}）。値を直すか、設定を外してください。"
        ) from error


class _Formatter(argparse.HelpFormatter):
    """Says 使い方 for usage."""

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, "使い方: " if prefix is None else prefix)


class _Parser(argparse.ArgumentParser):
    """Helps and complains in Japanese."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options, formatter_class=_Formatter, add_help=False)
        self._positionals.title, self._optionals.title = "引数", "オプション"
        self.add_argument("-h", "--help", action="help", help="この説明を出す")

    _TRANSLATIONS = (
        (r"the following arguments are required: (.+)", r"\1 を書いてください"),
        (r"unrecognized arguments: (.+)", r"\1 という指定は使えません"),
        (
            r"argument (\S+): invalid choice: '?(.*?)'? \(choose from (.+)\)",
            r"「\2」は使えません（\3 から選びます）",
        ),
        (r"argument (\S+): invalid (?:\w+) value: '?(.*?)'?", r"\1 に「\2」は使えません"),
        (r"argument (\S+): expected (?:one|at least one) argument", r"\1 の値を書いてください"),
    )

    def error(self, message: str) -> NoReturn:
        for pattern, japanese in self._TRANSLATIONS:
            match = re.fullmatch(pattern, message)
            if match:
                message = match.expand(japanese)
                break
        _complain(f"{message}。使い方は {self.prog} --help で見られます。")
        raise SystemExit(2)


def _parser() -> argparse.ArgumentParser:
    parser = _Parser(prog="handson", description="ハンズオンナビ: 出典つきで答える自治体インフラ相談")
    commands = parser.add_subparsers(required=True, metavar="コマンド", dest="コマンド", title="コマンド")

    def command(name: str, run: Any, summary: str) -> argparse.ArgumentParser:
        made: argparse.ArgumentParser = commands.add_parser(name, help=summary, description=summary)
        made.set_defaults(run=run)
        return made

    command("serve", serve, "サーバーを動かす")
    adding = command("add", add, "文書（.pdf .txt .md、またはフォルダ）を追加する")
    adding.add_argument("paths", nargs="+", type=Path, metavar="PATH", help="ファイルかフォルダ")
    adding.add_argument("--title", metavar="題名", help="指定しなければファイルの題名か名前")
    adding.add_argument("--issuer", metavar="発行者", help="発行した組織")
    adding.add_argument("--date", metavar="日付", help="発行日（例 2021-06-01、令和3年6月）")
    adding.add_argument("--url", metavar="アドレス", help="公式のアドレス")
    building = command("build", build, "棚と文書からリリースを作って公開する")
    building.add_argument("--no-publish", action="store_true", help="作るだけで公開しない")
    searching = command("search", search, "資料を検索する")
    searching.add_argument("question", metavar="ことば")
    searching.add_argument("-k", type=_count, default=10, metavar="件数", help="1から100（初期値 10）")
    asking = command("ask", ask, "質問に答える")
    asking.add_argument("question", metavar="質問")
    for made in (searching, asking):
        made.add_argument("--json", action="store_true", help="JSONで出す")
    return parser


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 100:
        raise ValueError
    return number


def _say(text: str) -> None:
    sys.stdout.write(text.encode("utf-8", "replace").decode() + "\n")
    sys.stdout.flush()


def _complain(text: str) -> None:
    sys.stderr.write(text.encode("utf-8", "replace").decode() + "\n")
