"""Three tricks that show, without a judge, whether answers stand on what they cite.

* writing: the same question in full-width letters, with blanks, with 教えてください: the same answer?
* figure: a figure of the cited chunk is changed: the answer must not tell the old one from it.
* removal: the cited chunk is taken away: the answer must refuse, ask back, or cite another.

The changed editions are real releases, built aside through the same pipeline, for all sampled cases at once.
"""

from __future__ import annotations

import json
import random
import re
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from eval.asked import Answerer, Asked, DeskAnswerer
from eval.cases import Case
from eval.measures import TOLD
from ingest.build import Progress, build
from ingest.collect import Corpus
from rag.answer import Desk, open_desk
from rag.documents import Chunk, Document
from rag.models import open_embedder
from rag.release import Release
from rag.settings import Settings

FILE = "probes.json"
SAMPLE = 20
SEED = 1
_FIGURE = re.compile("[0-9０-９]+")
WIDE = str.maketrans({chr(code): chr(code + 0xFEE0) for code in range(0x21, 0x7F)})
Edition = Callable[[tuple[Chunk, ...]], AbstractContextManager[Desk]]
MEANS = {
    "writing": "同じ質問を、全角・空白入り・「教えてください」付きで聞く → 状態と最初の引用が同じ",
    "figure": "引用した箇所の数字を変える → 元の数字のまま答えない",
    "removal": "引用した箇所を取り除く → 断るか、聞き返すか、別の箇所を引用する",
}


@dataclass(frozen=True)
class Probe:
    """How often what must happen happened; ``outcomes`` tells what did, case by case."""

    name: str
    held: int
    n: int
    outcomes: Mapping[str, str]

    @property
    def means(self) -> str:
        return MEANS[self.name]

    @property
    def told(self) -> str:
        return f"{self.held / self.n:.3f}" if self.n else "測れません"


def probe(cases: Sequence[Case], desk: Desk, edition: Edition, sample: int = SAMPLE) -> tuple[Probe, ...]:
    """Try all three on some of the cases that are answered with a citation."""
    release, answerer = desk.release, DeskAnswerer(desk)
    asked = {case: answerer.ask(case) for case in _drawn(cases, 3 * sample)}
    told = {case: its for case, its in asked.items() if its.status in TOLD and its.cited}
    told = dict(list(told.items())[:sample])
    figured = {case: its for case, its in told.items() if _figure(its)}
    return (
        _writing(told, answerer),
        _with(edition(changed(release, figured.values())), figured, "figure", _told_anew),
        _with(edition(without(release, told.values())), told, "removal", _stands_elsewhere),
    )


def keep(folder: Path, probes: Sequence[Probe]) -> None:
    told = json.dumps([asdict(its) for its in probes], ensure_ascii=False, indent=1)
    (folder / FILE).write_text(told + "\n", "utf-8")


def read_probed(folder: Path) -> tuple[Probe, ...]:
    """What the probes of a run said; nothing where none were made."""
    try:
        return tuple(Probe(**raw) for raw in json.loads((folder / FILE).read_text("utf-8")))
    except FileNotFoundError:
        return ()


def variants(question: str) -> list[str]:
    """The same question as others type it."""
    ends = question.rstrip("。?？")
    return [question.translate(WIDE), re.sub("([をはがの])", r"\1 ", question), f"{ends}。教えてください"]


def changed(release: Release, asked: Iterable[Asked]) -> tuple[Chunk, ...]:
    """Every chunk, with the figures of the first quotations changed, digit by digit."""
    figures = {its.cited[0].spot.chunk_id for its in asked}
    return tuple(
        replace(chunk, text=_FIGURE.sub(_other, chunk.text)) if chunk.id in figures else chunk
        for chunk in release.chunks
    )


def without(release: Release, asked: Iterable[Asked]) -> tuple[Chunk, ...]:
    """Every chunk but those that the answers cite first."""
    gone = {its.cited[0].spot.chunk_id for its in asked}
    return tuple(chunk for chunk in release.chunks if chunk.id not in gone)


def _other(figure: re.Match[str]) -> str:
    """Another number with as many digits, and no zero in front."""
    digits = [str(int(digit) % 9 + 1) for digit in figure.group()]
    return "".join(digits)


def _drawn(cases: Sequence[Case], count: int) -> list[Case]:
    able = [case for case in cases if case.expect == "answered" and len(case.turns) == 1]
    return random.Random(SEED).sample(able, min(count, len(able)))  # noqa: S311  a sample, no secret


def _figure(asked: Asked) -> bool:
    return bool(_FIGURE.search(asked.cited[0].quote))


def _writing(told: Mapping[Case, Asked], answerer: Answerer) -> Probe:
    outcomes = {}
    for case, first in told.items():
        again = [answerer.ask(replace(case, turns=(text,))) for text in variants(case.question)]
        same = [_gist(its) == _gist(first) for its in again]
        outcomes[case.id] = (
            "同じ"
            if all(same)
            else "・".join(
                name for name, its in zip(("全角", "空白", "教えてください"), same, strict=True) if not its
            )
            + "で変わる"
        )
    return _summed("writing", outcomes, ("同じ",))


def _gist(asked: Asked) -> tuple[str, str]:
    return asked.status, asked.cited[0].spot.where if asked.cited else ""


def _with(
    edition: AbstractContextManager[Desk],
    told: Mapping[Case, Asked],
    name: str,
    judge: Callable[[Asked, Asked], str],
) -> Probe:
    """Ask again of an edition with other chunks."""
    if not told:
        return Probe(name, 0, 0, {})
    with edition as desk:
        answerer = DeskAnswerer(desk)
        outcomes = {case.id: judge(first, answerer.ask(case)) for case, first in told.items()}
    return _summed(name, outcomes, ("新しい数字で答えた", "別の箇所を引用した", "断った", "聞き返した"))


def _told_anew(first: Asked, second: Asked) -> str:
    """Whether what is told from the changed chunk is what now stands in it."""
    old = first.cited[0]
    again = [its for its in second.cited if its.spot.chunk_id == old.spot.chunk_id]
    if not again:
        return _stands_elsewhere(first, second)
    numbers = {its.number for its in again}
    said = "".join(its.text for its in second.sentences if numbers & set(its.citations))
    before = set(_FIGURE.findall(old.quote)) - set(_FIGURE.findall(again[0].text or ""))
    return "元の数字のまま" if before & set(_FIGURE.findall(said)) else "新しい数字で答えた"


def _stands_elsewhere(first: Asked, second: Asked) -> str:
    if second.status not in TOLD:
        return {"refused": "断った", "clarify": "聞き返した"}.get(second.status, "エラー")
    cited = {its.spot.chunk_id for its in second.cited}
    return "別の箇所を引用した" if first.cited[0].spot.chunk_id not in cited else "取り除いた箇所を引用した"


def _summed(name: str, outcomes: Mapping[str, str], good: Sequence[str]) -> Probe:
    return Probe(name, sum(its in good for its in outcomes.values()), len(outcomes), outcomes)


def editions(settings: Settings, documents: Iterable[Document], progress: Progress) -> Edition:
    """Builds releases of other chunks aside."""
    known = tuple(documents)

    @contextmanager
    def edition(chunks: tuple[Chunk, ...]) -> Iterator[Desk]:
        """It works on a copy of the remembered vectors, and all of it goes."""
        told = {chunk.document_id for chunk in chunks}
        corpus = Corpus(tuple(its for its in known if its.id in told), chunks)
        with TemporaryDirectory(prefix="handson-probe-", ignore_cleanup_errors=True) as name:
            aside = settings.model_copy(update={"home": Path(name)})
            for own in (settings.cache, settings.shelves, settings.models):
                if own.exists():
                    shutil.copytree(own, aside.home / own.name, ignore=shutil.ignore_patterns("evaluation"))
            first = partial(open_embedder, settings.model, aside.models)
            second = partial(open_embedder, settings.second_model, aside.models)
            build(aside, first, progress, second=second if settings.second_model else None, corpus=corpus)
            yield open_desk(aside)

    return edition
