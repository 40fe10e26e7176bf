"""A text as statements and their clauses, each with its weighted words: what :mod:`rag.support` lays side by side.

A clause ends at 、 behind a predicate (送り、 減ったが、 届かないため、); a bracket that says something is one of its own.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from itertools import takewhile, zip_longest
from pathlib import Path

from corpus import shelves
from rag.quantities import plain
from rag.sentences import split_sentences
from rag.thesaurus import Thesaurus
from rag.tokens import Token, analyse

WEIGHTS = {"name": 1.5, "number": 1.0, "noun": 1.0, "adjective": 0.7, "verb": 0.6, "adverb": 0.3}
_EMPTY = frozenset(  # carry no statement, or are looked at by rag.wording and rag.quantities
    "物 事 所 為 者 方 等 中 際 時 上 内 間 次 点 化 性 的 約 行う 成る 有る 居る 為る 言う 出来る 見る 呼ぶ 場合 全て 必要 可能 様 分 目 額 時点 時期 現在 状況 様子 取組 取り組み 無い 割合 概ね 程度 凡そ 計 合計"
    " 当たり 以上 以下 未満 越える 超える 何".split()
)
_REMARK = re.compile(r"\(([^()]{4,}(?:[んするたい明]))\)")
_ENDS = frozenset(
    "て で ば ため ので のに し ず と けれど ものの 一方 たり なら つつ ながら 後 れ られ せ させ なく".split()
)
_PARTICLE = re.compile(
    "に(?:よると|よれば|よって|ついて|おいて|対して|関して|加えて|とって|向けて|比べて)$|として$|をもとに$"
)
_DOES = frozenset("為る 出来る 致す".split())
_NAME = re.compile(r"[ァ-ヺー]{2,}|[a-z][a-z0-9]+")


@dataclass(frozen=True, eq=False)
class Clause:
    """``words``: dictionary form -> weight; ``names``: what must be found as it is written; ``stems``: kanji of its verbs."""

    text: str
    words: Mapping[str, float]
    names: tuple[str, ...]
    stems: frozenset[str]


@dataclass(frozen=True, eq=False)
class Statement:
    """One sentence, its clauses and the words of its ``topic`` (before は)."""

    text: str
    clauses: tuple[Clause, ...]
    topic: frozenset[str]

    @property
    def words(self) -> Mapping[str, float]:
        return {word: weight for clause in self.clauses for word, weight in clause.words.items()}


@lru_cache(maxsize=512)  # the passages of one question, looked at for every sentence
def read(text: str) -> tuple[Statement, ...]:
    """The sentences of a text, in one writing: numbers as rag.quantities, things by their chief names."""
    return tuple(statement for span in split_sentences(text) if (statement := _statement(span.text)).clauses)


def one_writing(text: str) -> str:
    """As the texts of statements are written."""
    return "\n".join(_chief(plain(line)) for line in text.split("\n"))


def _statement(sentence: str) -> Statement:
    text = one_writing(sentence)
    parts = [analyse(part) for part in (_REMARK.sub("", text), *_REMARK.findall(text))]
    topic = takewhile(lambda token: token.surface != "は", parts[0])
    return Statement(
        text, tuple(clause for part in parts for clause in _clauses(part)), frozenset(weighted([*topic]))
    )


def _clauses(tokens: tuple[Token, ...]) -> Iterator[Clause]:
    run: list[Token] = []
    for token in tokens:
        if token.surface == "、" and _is_predicate(run):
            yield from _clause(run)
            run = []
        else:
            run.append(token)
    yield from _clause(run)


def _is_predicate(run: list[Token]) -> bool:
    if len(run) < 2:
        return False
    before, last = run[-2:]
    if _PARTICLE.search("".join(token.surface for token in run[-4:])):
        return False
    if last.surface == "が":  # 減ったが、 and not 自治体が、
        return before.kind not in ("noun", "name", "number", "adverb")
    return last.kind in ("verb", "adjective") or last.surface in _ENDS


def _clause(run: list[Token]) -> Iterator[Clause]:
    if words := weighted(run):
        yield Clause(
            text="".join(token.surface for token in run),
            words=words,
            names=tuple(t.surface for t in run if t.kind == "name" or _NAME.fullmatch(t.surface)),
            stems=frozenset(
                t.lemma[0] for t in run if t.kind in ("verb", "adjective") and t.lemma[0] >= "一"
            ),
        )


def weighted(tokens: Sequence[Token]) -> dict[str, float]:
    """Dictionary form -> weight of the words that state something; of names the form as written."""
    words: dict[str, float] = {}
    for token, after in zip_longest(tokens, tokens[1:]):
        if token.kind == "other" or token.lemma in _EMPTY or token.surface in _EMPTY:
            continue
        does = token.kind == "noun" and after is not None and after.lemma in _DOES  # 計上する is a verb
        word = token.surface if token.kind == "name" else token.lemma
        words[word] = WEIGHTS["verb" if does else token.kind]
    return words


def _chief(text: str) -> str:
    """The text with things of the glossary by their chief names."""
    tokens = analyse(text)
    said: list[str] = []
    place = 0
    for name in _glossary().names(tokens):
        said += [token.surface for token in tokens[place : name.start]]
        said.append(plain(name.names[0]))
        place = name.end
    return "".join([*said, *(token.surface for token in tokens[place:])]) if place else text


@lru_cache(maxsize=1)
def _glossary() -> Thesaurus:
    terms = shelves.glossary(Path(str(files("corpus"))))
    return Thesaurus((term.title, *term.synonyms) for term in terms if term.synonyms)
