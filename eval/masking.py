"""How well personal data are masked: ``python -m eval.masking``.

eval/sets/personal.jsonl holds sentences as municipal engineers might write them, nearly half of them without anything
personal. Every value is a sample: telephone numbers from ranges that are not given out, reserved mail domains, the
specimen individual number, made-up streets, everyday surnames. The rules of bot/personal were made with most lines in
sight; those of ``held_out`` were written when the rules stood, and nothing was changed for them.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path

from bot.masking import find
from bot.personal.found import Found
from corpus import shelves
from eval.questions import Share


@dataclass(frozen=True)
class Line:
    """A text and the places (start, end) of what is personal in it."""

    id: str
    text: str
    personal: tuple[tuple[int, int], ...]
    held_out: bool


@dataclass(frozen=True)
class Outcome:
    """What was found in one line. A label is caught when all of it is masked, a mask is right when it covers nothing else."""

    line: Line
    found: tuple[Found, ...]

    @property
    def missed(self) -> list[str]:
        masked = {place for f in self.found for place in range(f.start, f.end)}
        return [self.line.text[s:e] for s, e in self.line.personal if not masked.issuperset(range(s, e))]

    @property
    def false(self) -> list[str]:
        return [
            self.line.text[f.start : f.end]
            for f in self.found
            if not any(s <= f.start and f.end <= e for s, e in self.line.personal)
        ]


def load(path: Path | None = None) -> tuple[Line, ...]:
    """Read the set, one JSON object a line. A value stands for its first place that no other value has."""
    path = path or Path(str(files("eval").joinpath("sets/personal.jsonl")))
    return tuple(_line(json.loads(line)) for line in path.read_text("utf-8").splitlines())


def run(lines: Iterable[Line]) -> tuple[Outcome, ...]:
    return tuple(Outcome(line, find(line.text)) for line in lines)


def shares(outcomes: Iterable[Outcome]) -> tuple[Share, Share]:
    """Recall and precision."""
    outcomes = tuple(outcomes)
    personal = sum(len(outcome.line.personal) for outcome in outcomes)
    found = sum(len(outcome.found) for outcome in outcomes)
    missed = sum(len(outcome.missed) for outcome in outcomes)
    false = sum(len(outcome.false) for outcome in outcomes)
    return Share("recall", personal - missed, personal), Share("precision", found - false, found)


def false_masks_in_the_corpus() -> Iterator[str]:
    """What would be masked of the curated guide pages and cases, where nobody is named."""
    loaded = shelves.load()
    for page in loaded.guide:
        yield from (page.body[f.start : f.end] for f in find(page.body))
    for case in loaded.cases:
        for text in filter(None, (case.need, case.technology, case.effect, case.lessons, case.cost)):
            yield from (text[f.start : f.end] for f in find(text))


def _line(raw: dict[str, object]) -> Line:
    text, places = str(raw["text"]), []
    position = 0
    for entry in raw["personal"]:  # type: ignore[attr-defined]
        start = text.index(entry["value"], position)  # the values stand in the order of the text
        position = start + len(entry["value"])
        places.append((start, position))
    return Line(str(raw["id"]), text, tuple(places), bool(raw["held_out"]))


def main() -> None:
    outcomes = run(load())
    for name, held_out in (("seen", False), ("held out", True)):
        part = [outcome for outcome in outcomes if outcome.line.held_out is held_out]
        figures = ", ".join(map(str, shares(part)))
        sys.stdout.write(f"{name} ({len(part)} lines): {figures}\n")
        for outcome in part:
            for what, texts in (("missed", outcome.missed), ("false", outcome.false)):
                sys.stdout.writelines(f"  {outcome.line.id} {what}: {text}\n" for text in texts)
    false = list(false_masks_in_the_corpus())
    sys.stdout.write(f"masked in the corpus: {len(false)} {sorted(set(false))}\n")


if __name__ == "__main__":
    main()
