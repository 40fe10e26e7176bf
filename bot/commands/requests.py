"""handson requests list | show | new | advance | amend | letter | figures: the dispatch desk."""

from __future__ import annotations

import argparse
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Any, get_args

from bot.arguments import Commands, Parser
from bot.commands import erasing, letters
from bot.desk.states import STATES
from bot.terminal import say
from corpus.parts import Facility, Stage
from rag.errors import DeskError
from rag.settings import Settings

if TYPE_CHECKING:
    from bot.desk.dispatch import DispatchDesk
    from bot.desk.request import Request

FORMS = ("現地", "オンライン", "どちらでも")
_TEXTS = {  # option -> field of a request
    "need": "相談したいこと",
    "technology": "使いたい技術",
    "period": "希望する時期",
    "contact_name": "連絡先の名前",
    "contact_mail": "連絡先のメールアドレス",
    "contact_phone": "連絡先の電話番号",
}
_DAYS = {"due": "期限", "tried_on": "現場試行の日", "adopted_on": "社会実装の日"}


def register(commands: Commands) -> None:
    desk = commands.group("requests", "専門家の派遣などの案件（事務局）")
    listing = desk.add("list", list_requests, "案件の一覧（新しい順）")
    listing.add_argument("--state", choices=STATES, metavar="状態", help="この状態の案件だけ")
    _add_municipality(listing, required=False)
    _add_json(listing)
    showing = desk.add("show", show, "1つの案件と履歴を見る")
    _add_number(showing)
    _add_json(showing)
    opening = desk.add("new", open_request, "案件を受け付ける")
    _add_municipality(opening, required=True)
    _add_facts(opening)
    opening.add_argument("--consent", action="store_true", help="連絡先を記録することに、本人が同意した")
    erasing.add_by(opening)
    _add_json(opening)
    advancing = desk.add("advance", advance, "案件を次の状態に進める")
    _add_number(advancing)
    advancing.add_argument("to", choices=STATES, metavar="状態", help="、".join(STATES))
    advancing.add_argument("--candidate", action="append", default=[], metavar="ID", help="候補提示: 候補のアドバイザー（何度でも）")  # fmt: skip
    advancing.add_argument("--advisor", metavar="ID", help="打診: 打診するアドバイザー")
    _add_change(advancing)
    amending = desk.add("amend", amend, "案件の内容を直す。期限、現場試行や社会実装の日も書く")
    _add_number(amending)
    _add_facts(amending)
    for name, summary in _DAYS.items():
        amending.add_argument(_option(name), metavar="日付", help=f"{summary}（例 2026-11-22）")  # fmt: skip
    _add_change(amending)
    letters.register(desk)
    _add_json(desk.add("figures", show_figures, "年度とブロックごとの数（KPI）"))
    erasing.register(desk)


def list_requests(options: argparse.Namespace, settings: Settings) -> int:
    """Every request on a line."""
    from bot.desk.models import RequestModel
    from bot.desk.places import municipality_named

    place = options.municipality and municipality_named(options.municipality, options.prefecture)
    with dispatch_desk(settings) as desk:
        found = desk.requests(options.state, place.code if place else None)
    if options.json:
        _say_json({"requests": [RequestModel.of(one).model_dump(mode="json") for one in found]})
    elif not found:
        say("案件はありません。")
    else:
        say("\n".join(map(_line, found)))
    return 0


def show(options: argparse.Namespace, settings: Settings) -> int:
    """All that is known of one request, and its log."""
    with dispatch_desk(settings) as desk:
        _say_request(desk, options)
    return 0


def open_request(options: argparse.Namespace, settings: Settings) -> int:
    """Take down what somebody asked for by telephone or in person."""
    from bot.desk.places import municipality_named
    from bot.desk.request import Application

    facts = _facts(options)
    application = Application(
        municipality=municipality_named(options.municipality, options.prefecture),
        consent=options.consent,
        **{"need": ""} | facts,
    )
    with dispatch_desk(settings) as desk:
        options.number = desk.open(application, options.by).id
        _say_request(desk, options)
    return 0


def advance(options: argparse.Namespace, settings: Settings) -> int:
    """Go one step. Without --version, from the request as it is now."""
    from bot.desk.drafts import path_of
    from bot.desk.steps import Step

    step = Step(options.to, options.note, tuple(options.candidate), options.advisor)
    with dispatch_desk(settings) as desk:
        version = options.version or desk.request(options.number).version
        desk.advance(options.number, step, version=version, by=options.by)
        _say_request(desk, options)
    if options.to == "完了" and not options.json:
        say(f"事例の下書きを作りました: {path_of(settings.drafts, options.number)}")
    return 0


def amend(options: argparse.Namespace, settings: Settings) -> int:
    """Mend what is given; an empty text takes the old one away."""
    days = {name: _day(getattr(options, name)) for name in _DAYS if getattr(options, name)}
    changes: Any = _facts(options) | days
    if not changes:
        raise DeskError("直す項目を書いてください。handson requests amend --help で使い方を見られます。")
    with dispatch_desk(settings) as desk:
        version = options.version or desk.request(options.number).version
        desk.amend(options.number, changes, version=version, by=options.by, note=options.note)
        _say_request(desk, options)
    return 0


def show_figures(options: argparse.Namespace, settings: Settings) -> int:
    """The KPI table."""
    from bot.desk.figures import figures
    from bot.desk.models import FiguresModel
    from bot.store.database import open_store

    with open_store(settings) as store:
        rows = [FiguresModel.of(row) for row in figures(store)]
    if options.json:
        _say_json({"figures": [row.model_dump() for row in rows]})
        return 0
    for row in rows:
        say(
            f"{row.year}年度 {row.block}: 支援自治体数 {row.municipalities:,}、マッチング検討 {row.considered:,}、"
            f"成立 {row.agreed:,}、現場試行 {row.tried:,}、社会実装 {row.adopted:,}（実施数の計 {row.total:,}）"
        )
    if not rows:
        say("まだ数えるものがありません。案件が「候補提示」に進むと数えます。")
    return 0


@contextmanager
def dispatch_desk(settings: Settings) -> Iterator[DispatchDesk]:
    """The desk for one command."""
    from bot.desk.dispatch import open_dispatch
    from bot.store.database import open_store

    with open_store(settings) as store:
        yield open_dispatch(settings, store)


def _say_request(desk: DispatchDesk, options: argparse.Namespace) -> None:
    from bot.desk.conflict import FIELD_NAMES, change_text
    from bot.desk.models import RequestWithHistoryModel

    request, events = desk.told(options.number)
    told = RequestWithHistoryModel.told(request, events)
    if options.json:
        _say_json(told.model_dump(mode="json"))
        return
    values = told.model_dump(mode="json")
    lines = [_line(request), f"版: {request.version}　次に進められる状態: {'、'.join(told.next) or 'なし'}"]
    for name, label in FIELD_NAMES.items():
        value = values[name]
        if value and name != "state":
            lines.append(f"{label}: {'、'.join(value) if isinstance(value, list) else value}")
    say("\n".join([*lines, "履歴", *(f"  {change_text(event)}" for event in events)]))


def _line(request: Request) -> str:
    need = request.need.replace("\n", " ")
    need = need if len(need) <= 40 else need[:40] + "…"
    place = request.prefecture + ("" if request.municipality == request.prefecture else request.municipality)
    return f"{request.id}  {request.state}  {place}  {request.updated_at:%Y-%m-%d}  {need}"


def _say_json(content: object) -> None:
    say(json.dumps(content, ensure_ascii=False, indent=1))


def _facts(options: argparse.Namespace) -> dict[str, Any]:
    """What was given of a request."""
    given = {name: getattr(options, name) for name in (*_TEXTS, "stage", "form")}
    facts = {name: value for name, value in given.items() if value is not None}
    if options.facility:
        facts["facilities"] = tuple(options.facility)
    return facts


def _add_facts(parser: Parser) -> None:
    for name, summary in _TEXTS.items():
        parser.add_argument(_option(name), metavar="文", help=summary)
    facilities, stages = get_args(Facility), get_args(Stage)
    parser.add_argument(
        "--facility", action="append", choices=facilities, metavar="施設", help="、".join(facilities)
    )
    parser.add_argument("--stage", choices=stages, metavar="段階", help="、".join(stages))
    parser.add_argument("--form", choices=FORMS, metavar="形", help="、".join(FORMS))


def _add_change(parser: Parser) -> None:
    parser.add_argument(
        "--note", default="", metavar="文", help="メモ（取下げの理由、支援の報告では必ず書く）"
    )
    parser.add_argument("--version", type=int, metavar="版", help="見ている版（ほかの人が先に変えていれば、何もしない）")  # fmt: skip
    erasing.add_by(parser)
    _add_json(parser)


def _add_municipality(parser: Parser, *, required: bool) -> None:
    parser.add_argument("--municipality", required=required, metavar="自治体", help="自治体の正式な名前")
    parser.add_argument("--prefecture", metavar="都道府県", help="同じ名前の自治体があるとき")


def _add_number(parser: Parser) -> None:
    parser.add_argument("number", type=int, metavar="受付番号")


def _add_json(parser: Parser) -> None:
    parser.add_argument("--json", action="store_true", help="JSONで出す")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise DeskError(f"日付「{text}」を読めません。2026-11-22 の形で書いてください。") from None


def _option(name: str) -> str:
    return "--" + name.replace("_", "-")
