"""handson advise | cases like | match need | match seed | match state | match kpi | contacts"""

from __future__ import annotations

import argparse
import datetime
from typing import TYPE_CHECKING

from bot.arguments import Commands, Parser
from bot.commands import matches_text as told
from bot.terminal import complain, say
from rag.settings import Settings

if TYPE_CHECKING:
    from rag.matching.matchmaker import Matchmaker
    from rag.matching.need import Reading
    from rag.matching.reading import Given

_FIELDS = {
    "facility": ("施設", "橋梁、下水道 など"),
    "technology": ("技術", "技術の名前か id"),
    "stage": ("段階", "課題整理、技術選定 など"),
    "municipality": ("自治体", "広島県府中市 など。都道府県だけでもよい"),
    "prefecture": ("都道府県", "同じ名前の自治体があるとき"),
    "size": ("人口", "12000 か、1～3万人 など"),
    "mode": ("形", "現地 か オンライン"),
    "period": ("時期", "来年度、2027年1月～3月 など"),
}
_FEWER = ("facility", "technology", "stage", "municipality", "prefecture", "size")


def register(commands: Commands) -> None:
    advising = commands.add("advise", advise, "相談に合う専門家をすすめる")
    advising.add_argument("--need", required=True, metavar="相談", help="困っていること、使いたい技術")
    _add_fields(advising, tuple(_FIELDS), "専門家", 3)
    like = commands.group("cases", "事例を探す").add("like", cases_like, "似た事例を探す")
    like.add_argument("text", metavar="相談", help="課題を書いた文か、事例の id")
    _add_fields(like, _FEWER, "事例", 5)
    exchange = commands.group("match", "ニーズとシーズを引き合わせる")
    need = exchange.add("need", match_need, "ニーズに合う技術・シーズを探す")
    need.add_argument("text", metavar="ニーズ", help="求める内容と条件を書いた文か、ニーズの id")
    _add_fields(need, ("facility", "municipality", "prefecture"), "技術", 5)
    seed = exchange.add("seed", match_seed, "シーズ（技術）に合うニーズを探す")
    seed.add_argument("text", metavar="シーズ", help="技術の id か題名、または技術の概要を書いた文")
    _add_fields(seed, (), "ニーズ", 5)
    state = exchange.add("state", match_state, "ニーズとシーズの組の状態を記録する")
    state.add_argument("need", metavar="ニーズ", help="ニーズの id")
    state.add_argument("seed", metavar="シーズ", help="技術の id")
    state.add_argument(
        "state", choices=("検討", "成立", "現場試行", "実装"), metavar="状態", help="検討 成立 現場試行 実装"
    )
    counting = exchange.add("kpi", match_kpi, "記録した組を、国民会議のKPIの数え方で数える")
    counting.add_argument("--json", action="store_true", help="JSONで出す")
    asking = commands.add("contacts", contacts, "相談先を近い順に探す")
    asking.add_argument("--topic", default="", metavar="話題", help="相談したいこと")
    _add_fields(asking, ("municipality", "prefecture", "facility"), "相談先", 5)


def advise(options: argparse.Namespace, settings: Settings) -> int:
    """Recommend advisors for a need; none is an answer too."""
    from bot.busy import load_of_the_year
    from bot.matching_models import AdviceModel

    matchmaker = _opened(settings)
    reading = matchmaker.read(options.need, _given(options))
    for note in reading.notes:  # what is open is asked at the end
        complain(note)
    advice = matchmaker.advise(reading, load_of_the_year(settings), options.k)
    model = AdviceModel.of(advice, reading)
    say(model.model_dump_json(indent=1) if options.json else told.advice(advice, matchmaker))
    return 0


def cases_like(options: argparse.Namespace, settings: Settings) -> int:
    """Cases like mine, with what is alike and what is not."""
    from bot.matching_models import CasesModel

    matchmaker = _opened(settings)
    reading = _read(matchmaker, options.text, options)
    found = matchmaker.similar_cases(reading.need, options.k, but=options.text.strip())
    say(CasesModel.of(found, reading).model_dump_json(indent=1) if options.json else told.cases(found))
    return 0


def match_need(options: argparse.Namespace, settings: Settings) -> int:
    """Technologies and seeds for a need."""
    from bot.matching_models import MatchesModel
    from rag.matching.ledger import Ledger

    matchmaker = _opened(settings)
    reading = _read(matchmaker, options.text, options)
    recorded = Ledger(settings.home).of_need(options.text.strip())
    model = MatchesModel.of(matchmaker.seeds_for(reading.need, options.k), recorded, reading.told)
    say(model.model_dump_json(indent=1) if options.json else told.matches(model))
    return 0


def match_seed(options: argparse.Namespace, settings: Settings) -> int:
    """Needs for a seed."""
    from bot.matching_models import MatchesModel
    from rag.matching.ledger import Ledger

    matchmaker = _opened(settings)
    found = matchmaker.needs_for(options.text, options.k)
    seed = matchmaker.seed_called(options.text)
    model = MatchesModel.of(found, Ledger(settings.home).of_seed(seed.id) if seed else {})
    say(model.model_dump_json(indent=1) if options.json else told.matches(model))
    return 0


def match_state(options: argparse.Namespace, settings: Settings) -> int:
    """Write down how far a need and a seed have come."""
    from rag.matching.kpi import Pairing
    from rag.matching.ledger import Ledger

    need, seed = _opened(settings).pair(options.need, options.seed)
    pairing = Pairing(need.id, seed.id, f"{need.prefecture}{need.municipality}", options.state, need.sample)
    reached = Ledger(settings.home).record(pairing, datetime.date.today())
    say(f"「{need.title}」と「{seed.title}」を「{reached.state}」と記録しました。")
    if need.sample:
        say("サンプルのニーズなので、KPIには数えません。")
    return 0


def match_kpi(options: argparse.Namespace, settings: Settings) -> int:
    """Count what was written down as the national council counts it."""
    import json

    from rag.matching.kpi import kpi
    from rag.matching.ledger import Ledger

    lines = kpi(Ledger(settings.home).pairings().values()).lines()
    text = "\n".join(f"{name}: {count:,}" for name, count in lines.items())
    say(json.dumps(lines, ensure_ascii=False, indent=1) if options.json else text)
    return 0


def contacts(options: argparse.Namespace, settings: Settings) -> int:
    """Whom to ask, the nearest first."""
    from bot.matching_models import OfficesModel
    from rag.matching.contacts import ANY_TOPIC

    matchmaker = _opened(settings)
    reading = _read(matchmaker, options.topic.strip() or ANY_TOPIC, options)
    found = matchmaker.offices(reading.need, options.k)
    say(OfficesModel.of(found, reading).model_dump_json(indent=1) if options.json else told.offices(found))
    return 0


def _add_fields(parser: Parser, fields: tuple[str, ...], found: str, usual: int) -> None:
    for field in fields:
        name, help_ = _FIELDS[field]
        parser.add_argument(f"--{field}", metavar=name, help=help_)
    parser.add_argument(
        "-k", type=_count, default=usual, metavar="件数", help=f"出す{found}の数（初期値 {usual}）"
    )
    parser.add_argument("--json", action="store_true", help="JSONで出す")


def _opened(settings: Settings) -> Matchmaker:
    from rag.matching.matchmaker import open_matchmaker

    return open_matchmaker(settings)


def _read(matchmaker: Matchmaker, text: str, options: argparse.Namespace) -> Reading:
    """The need; what was overruled in it and what is open is told aside."""
    reading = matchmaker.read(text, _given(options))
    for note in reading.told:
        complain(note)
    return reading


def _given(options: argparse.Namespace) -> Given:
    from rag.matching.reading import Given

    return Given(**{field: getattr(options, field, None) for field in _FIELDS})


def _count(text: str) -> int:
    number = int(text)
    if not 1 <= number <= 100:
        raise ValueError
    return number
