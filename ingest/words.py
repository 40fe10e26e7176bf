"""Corpus -> the words' index of a release (:mod:`rag.lexical`).

What a group of chunks says is analysed once and kept: only new and changed groups are read again.
"""

from __future__ import annotations

import hashlib
import inspect
import json
from dataclasses import asdict, dataclass
from importlib.metadata import version
from itertools import groupby
from pathlib import Path

from ingest.collect import Corpus, Placed
from ingest.kept import Kept
from rag import fold, lexical, numbers, tokens
from rag.tokens import analyse, compounds, letter_pairs, noun_pairs, search_terms


@dataclass(frozen=True)
class Said:
    """The terms of a group by field of the index; ``letters`` are told for each of its chunks."""

    words: list[str]
    pairs: list[str]
    titles: list[str]
    letters: list[list[str]]


@dataclass(frozen=True)
class _Text:
    """All that a group says: its title, what stands above its chunks, and the chunks; sample data, nothing."""

    title: str
    above: list[str]
    chunks: list[str]

    @property
    def key(self) -> bytes:
        return hashlib.sha256(json.dumps(asdict(self)).encode()).digest()


def write(folder: Path, corpus: Corpus, cache: Path) -> None:
    """Write the index; groups that ``cache`` (a folder) knows are not analysed again."""
    places = list(corpus.placed())
    texts = [_text(list(group)) for _, group in groupby(places, lambda place: place.group)]
    said = _analysed(texts, Kept(cache / "words.sqlite", _identity(), "語の控え"))
    lexical.write(
        folder,
        [place.group for place in places],
        {
            "words": [its.words for its in said],
            "pairs": [its.pairs for its in said],
            "titles": [its.titles for its in said],
            "letters": [letters for its in said for letters in its.letters],
        },
    )


def _text(group: list[Placed]) -> _Text:
    first = group[0]
    if first.document.sample:
        return _Text("", [], ["" for _ in group])
    about = [first.document.summary] if first.opens and first.document.summary else []
    return _Text(first.document.title, [*about, *first.chunk.section], [place.chunk.text for place in group])


def _analysed(texts: list[_Text], kept: Kept) -> list[Said]:
    keys = [text.key for text in texts]
    said = {key: Said(**json.loads(value)) for key, (value, _) in kept.read(set(keys)).items()}
    new = {key: _analyse(text) for key, text in zip(keys, texts, strict=True) if key not in said}
    kept.write({key: (json.dumps(asdict(its)).encode(), None) for key, its in new.items()})
    kept.finish(set(keys))
    said |= new
    return [said[key] for key in keys]


def _analyse(text: _Text) -> Said:
    lines = [analyse(line) for line in (text.title, *text.above, *text.chunks)]
    return Said(
        words=[token.lemma for line in lines for token in line if token.kind != "other"],
        pairs=[pair for line in lines for pair in noun_pairs(line)],
        titles=search_terms(text.title) + compounds(text.title),
        letters=[letter_pairs(f"{text.title}\n{chunk}") if chunk else [] for chunk in text.chunks],
    )


def _identity() -> str:
    """What the terms depend on besides the text: the code that finds them, and the dictionary."""
    code = "".join(inspect.getsource(module) for module in (fold, numbers, tokens))
    return hashlib.sha256(f"{code}{version('unidic-lite')}{version('fugashi')}".encode()).hexdigest()
