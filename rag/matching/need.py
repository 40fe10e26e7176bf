"""What a municipality needs, as far as it is known (相談): the one thing that all matching starts from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from corpus.expertise import Period
from corpus.parts import Facility, Size, Stage
from corpus.places import Block, Municipality, Prefecture

Mode = Literal["現地", "オンライン"]

FACILITIES: tuple[Facility, ...] = get_args(Facility)
STAGES: tuple[Stage, ...] = get_args(Stage)
SIZES: tuple[Size, ...] = get_args(Size)
BLOCKS: tuple[Block, ...] = get_args(Block)
PREFECTURES: tuple[Prefecture, ...] = get_args(Prefecture)
MODES: tuple[Mode, ...] = get_args(Mode)


@dataclass(frozen=True)
class Need:
    """Free text and what is known besides; what is not known is empty or ``None``.

    ``technologies`` (record ids) are named, ``about`` those that the text is about without naming them.
    """

    text: str
    facilities: tuple[Facility, ...] = ()
    technologies: tuple[str, ...] = ()
    about: tuple[str, ...] = ()
    stage: Stage | None = None
    municipality: Municipality | None = None
    prefecture: Prefecture | None = None
    block: Block | None = None
    size: Size | None = None
    mode: Mode | None = None
    period: Period | None = None

    @property
    def in_question(self) -> tuple[str, ...]:
        """The technologies whose sellers have an interest in the answer (利害の関係)."""
        return tuple(dict.fromkeys((*self.technologies, *self.about)))


@dataclass(frozen=True)
class Question:
    """A field that is not known, and how to ask for it."""

    field: str
    text: str


@dataclass(frozen=True)
class Reading:
    """A need as it was understood. ``open`` could not be decided; ``notes`` tell what was overruled."""

    need: Need
    open: tuple[Question, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def told(self) -> tuple[str, ...]:
        """All that the asker should know of how they were read."""
        return (*self.notes, *(question.text for question in self.open))
