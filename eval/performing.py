"""What the commands of ``handson eval`` share: whom to ask what, and how far it is."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from bot.arguments import Parser
from bot.terminal import complain
from rag.errors import UserFacingError
from rag.settings import Settings

if TYPE_CHECKING:
    from eval.cases import Case
    from eval.runs import Run

WORKERS = max(1, min(4, os.cpu_count() or 1))


def add_choices(parser: Parser) -> None:
    """What is asked of whom, and where it is kept."""
    from eval.opening import SYSTEMS

    parser.add_argument(
        "--release", default="current", metavar="リリース", help="id、current、previous（初期値 current）"
    )
    parser.add_argument(
        "--system",
        choices=tuple(SYSTEMS),
        default="handson",
        metavar="方式",
        help="handson のほか、比べる相手の bm25、langchain",
    )
    parser.add_argument("--half", choices=("dev", "heldout"), metavar="組", help="dev か heldout の質問だけ")
    parser.add_argument(
        "--slice", nargs="+", default=(), metavar="種類", help="この種類の質問だけ（fact number など）"
    )
    parser.add_argument(
        "--approved",
        action="store_true",
        help="承認した回答（質問と回答の棚）の質問も聞く。golden ではいつも聞く",
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="フォルダ",
        help="結果のフォルダ（初期値 HANDSON_HOME/evaluations/…）。途中で止めても、同じ所に続けられる",
    )
    parser.add_argument(
        "--workers", type=_count, default=WORKERS, metavar="数", help=f"同時に聞く数（初期値 {WORKERS}）"
    )


def performed(options: argparse.Namespace, settings: Settings) -> tuple[Path, Run]:
    """The run that the options ask for, and its folder."""
    from eval.approved import GOLDEN, approved
    from eval.opening import answerer_of
    from eval.runs import Identity, cases_hash, code_hash, perform
    from eval.written import read

    cases = read(options.set)
    if options.approved or options.set == GOLDEN:
        cases += approved(settings)
    cases = chosen(cases, options.half, options.slice)
    name = options.set.stem
    with answerer_of(options.system, settings, options.release) as (answerer, desk):
        identity = Identity(
            set=name,
            cases_sha256=cases_hash(cases),
            release=desk.release.id,
            system=options.system,
            model=settings.model,
            llm=settings.llm if options.system == "handson" else "",
            code=code_hash(),
        )
        folder = options.out or settings.home / "evaluations" / f"{name}-{desk.release.id}-{options.system}"
        with bar(len(cases), "質問しています") as advance:
            done = perform(folder, identity, cases, answerer, options.workers, complain, advance)
    return folder, done


def chosen(cases: Sequence[Case], half: str | None, slices: Sequence[str]) -> tuple[Case, ...]:
    """The cases of a half and of some slices. Raises UserFacingError where none is left."""
    found = tuple(
        case for case in cases if (half is None or case.half == half) and (not slices or case.slice in slices)
    )
    if not found:
        known = "、".join(dict.fromkeys(case.slice for case in cases))
        raise UserFacingError(f"その組・種類の質問がありません。このセットの種類は {known} です。")
    return found


@contextmanager
def bar(total: int, doing: str) -> Iterator[Callable[[int], object]]:
    """How far it is, on standard error."""
    from tqdm import tqdm

    told = doing + " {n_fmt}/{total_fmt}問 |{bar:20}| 残り{remaining}"
    with tqdm(total=total, file=sys.stderr, mininterval=0.5, bar_format=told) as shown:
        yield shown.update


def _count(text: str) -> int:
    number = int(text)
    if number < 1:
        raise ValueError
    return number
