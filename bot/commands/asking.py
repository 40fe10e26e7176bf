"""handson search | ask"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from bot.arguments import Commands
from bot.commands.explaining import explained, where
from bot.terminal import say
from rag.settings import Settings
from rag.types import PART_NAMES

if TYPE_CHECKING:
    from rag.facets import Filters
    from rag.types import Answer, Hit


FILTERS = {
    "shelf": "棚（手引き、事例、技術カタログなど）に絞る",
    "facility": "施設（橋梁、下水道など）に絞る",
    "technology": "技術（tech-drone-bridge など）に絞る",
    "prefecture": "都道府県に絞る",
    "municipality": "市区町村に絞る",
    "stage": "段階（課題整理、技術選定など）に絞る",
    "on": "その日（2026-03-31 の形）に有効な文書に絞る",
}


def register(commands: Commands) -> None:
    searching = commands.add("search", search, "資料を検索する")
    searching.add_argument("question", metavar="ことば")
    searching.add_argument("-k", type=_count, default=10, metavar="件数", help="1から100（初期値 10）")
    searching.add_argument("--explain", action="store_true", help="なぜ見つかったかを示す")
    asking = commands.add("ask", ask, "質問に答える")
    asking.add_argument("question", metavar="質問")
    for made in (searching, asking):
        for name, help_ in FILTERS.items():
            made.add_argument(f"--{name}", metavar="値", help=help_)
        made.add_argument("--year", type=int, metavar="年", help="西暦の年（2023 など）の記録に絞る")
        made.add_argument("--past", action="store_true", help="旧版や期限の過ぎた文書も探す")
        made.add_argument("--json", action="store_true", help="JSONで出す")


def search(options: argparse.Namespace, settings: Settings) -> int:
    """Show the chunks that are nearest to a question, and why where that is asked for."""
    from bot.api_models import ExplanationModel, HitModel, SearchModel
    from rag.answer import open_desk

    chosen = _filters(options)
    desk = open_desk(settings)
    if options.explain:
        why = desk.explain(options.question, options.k, chosen, past=options.past)
        say(ExplanationModel.of(why).model_dump_json(indent=1) if options.json else explained(why))
        return 0
    hits = desk.search(options.question, options.k, chosen, past=options.past)
    if options.json:
        say(SearchModel(hits=[HitModel.of(hit) for hit in hits]).model_dump_json(indent=1))
    else:
        say("\n\n".join(map(_hit_text, hits)) or "見つかりませんでした。")
    return 0


def ask(options: argparse.Namespace, settings: Settings) -> int:
    """Answer one question."""
    from bot.api_models import AnswerModel
    from rag.answer import open_desk

    chosen = _filters(options)
    answer = open_desk(settings).ask(options.question, chosen, past=options.past)
    say(AnswerModel.of(answer).model_dump_json(indent=1) if options.json else _answer_text(answer))
    return 0


def _filters(options: argparse.Namespace) -> Filters:
    from rag.facets import filters

    return filters(**{name: getattr(options, name) for name in FILTERS}, year=options.year)


def _hit_text(hit: Hit) -> str:
    found = "・".join(PART_NAMES[side] for side in hit.found_by)
    return f"{hit.rank}. {where(hit)}  （{found}、{hit.score:.2f}）\n{hit.chunk.text}"


def _answer_text(answer: Answer) -> str:
    parts = [answer.text]
    if answer.citations:
        parts.append("出典")
    for citation in answer.citations:
        page = f" p.{citation.page}" if citation.page else ""
        page += f"（紙面では{citation.printed}）" if citation.printed else ""
        where = " > ".join([citation.title, *citation.section])
        parts.append(f"[{citation.number}] {where}{page}\n    「{citation.quote}」")
    if answer.nearest:
        parts.append("近い箇所")
    parts += ["・" + " > ".join([near.title, *near.section]) for near in answer.nearest]
    return "\n".join(parts)


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 100:
        raise ValueError
    return number
