"""Many made-up advisors and needs, for measuring speed and fairness: the samples of the bank, varied by a fixed dice."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence

from corpus.expertise import Level
from corpus.places import Municipality, municipalities
from corpus.records import Advisor, Technology
from rag.matching.need import MODES, SIZES, STAGES
from rag.matching.reading import Given

_WANTS = (
    "を試したい",
    "の選び方を知りたい",
    "の予算を説明したい",
    "を委託する契約を作りたい",
    "の効果を確かめたい",
)


def advisors(samples: Sequence[Advisor], count: int, seed: int = 7) -> tuple[Advisor, ...]:
    """Each like a sample, elsewhere: another prefecture, other stages, sizes, levels and capacity."""
    dice = random.Random(seed)  # noqa: S311 - the same crowd every time
    shown = [sample for sample in samples if sample.consent and sample.period is None]
    return tuple(_advisor(dice, dice.choice(shown), number) for number in range(count))


def needs(technologies: Sequence[Technology], count: int, seed: int = 11) -> Iterator[tuple[str, Given]]:
    """Texts that differ from each other, with the fields that a desk would know."""
    dice = random.Random(seed)  # noqa: S311
    places = [place for place in municipalities() if not place.is_prefecture]
    for _ in range(count):
        technology, place = dice.choice(technologies), dice.choice(places)
        text = f"{place.name}です。{technology.facilities[0]}の{technology.title}{dice.choice(_WANTS)}"
        yield text, _given(dice, place)


def _given(dice: random.Random, place: Municipality) -> Given:
    """What is known differs from need to need."""
    return Given(
        municipality=f"{place.prefecture}{place.name}",
        stage=dice.choice((*STAGES, None)),
        size=dice.choice(SIZES),
        mode=dice.choice((*MODES, None)),
    )


def _advisor(dice: random.Random, sample: Advisor, number: int) -> Advisor:
    home = dice.choice([place for place in municipalities() if place.is_prefecture])
    first, size = dice.randrange(len(STAGES)), dice.randrange(len(SIZES) - 2)
    grades = ("専門", "経験", "基礎")
    return sample.model_copy(
        update={
            "id": f"advisor-crowd-{number:05}",
            "title": f"サンプル専門家 {number:05}",
            "prefecture": home.prefecture,
            "blocks": tuple({home.block, *dice.sample(sample.blocks, 1)}),
            "levels": tuple(Level(of=level.of, level=dice.choice(grades)) for level in sample.levels),
            "stages": tuple(STAGES[(first + step) % len(STAGES)] for step in range(3)),
            "sizes": SIZES[size : size + 3],
            "capacity": dice.randrange(7),
            "remote": dice.random() < 0.8,
            "travel": dice.choice(("県内", "対応地域", "対応地域", "全国")),
        }
    )
