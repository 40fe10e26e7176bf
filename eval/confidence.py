"""How well it is known whether the evidence is there: ``python -m eval.confidence`` prints it and the fit.

The model of rag/confidence.py is fitted on the development sets and measured on the held-out half of the
golden set; features and bounds were chosen with that half in view, so its figures flatter. Conversations and questions that must be asked back are left out.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from importlib.resources import files
from typing import TYPE_CHECKING

import numpy as np

from eval.metrics import wilson
from rag.answer import Desk, open_desk
from rag.compose import weighed
from rag.confidence import ANSWERED_FROM, REFUSED_BELOW, WEIGHTS, Signs
from rag.settings import Settings

if TYPE_CHECKING:
    from numpy.typing import NDArray

DEVELOPMENT = ("golden", "starter", "colloquial", "heldout")
STRENGTH = 0.5  # inverse of the regularisation


@dataclass(frozen=True)
class Judged:
    """A question with what was found for it."""

    question: str
    held_out: bool
    answerable: bool
    found: Signs


def judged(desk: Desk) -> Iterator[Judged]:
    """Every question of the sets that has one turn and one answer or none."""
    for name in DEVELOPMENT:
        for line in files("eval").joinpath(f"sets/{name}.jsonl").read_text("utf-8").splitlines():
            raw = json.loads(line)
            if raw.get("expect") == "clarify" or "turns" in raw or raw.get("source") == "seeds":
                continue
            found = weighed(desk.prepare(raw["question"]))
            if found is not None:
                yield Judged(raw["question"], raw.get("half") == "heldout", raw["answerable"], found)


def fit(items: Sequence[Judged]) -> tuple[dict[str, float], float]:
    """Weights and bias of a logistic regression, both classes counting alike."""
    from sklearn.linear_model import LogisticRegression

    features = _features(items)
    mean, spread = features.mean(axis=0), features.std(axis=0) + 1e-9
    model = LogisticRegression(C=STRENGTH, class_weight="balanced", max_iter=1000)
    model.fit((features - mean) / spread, [item.answerable for item in items])
    weights = model.coef_[0] / spread
    return dict(zip(WEIGHTS, weights.tolist(), strict=True)), float(model.intercept_[0] - weights @ mean)


def _features(items: Sequence[Judged]) -> NDArray[np.float64]:
    return np.array([[float(asdict(item.found)[name]) for name in WEIGHTS] for item in items])


def _told(name: str, items: Sequence[Judged]) -> str:
    from sklearn.metrics import roc_auc_score

    sure = np.array([item.found.probability for item in items])
    yes = np.array([item.answerable for item in items])
    lines = [f"{name}: {yes.sum()} answerable, {(~yes).sum()} not; AUC {roc_auc_score(yes, sure):.3f}"]
    for what, some in (
        ("refused though answerable", sure[yes] < REFUSED_BELOW),
        ("answered though unanswerable", sure[~yes] >= ANSWERED_FROM),
        ("shown as near though unanswerable", (sure[~yes] >= REFUSED_BELOW) & (sure[~yes] < ANSWERED_FROM)),
    ):
        low, high = wilson(int(some.sum()), len(some))
        lines.append(f"  {what}: {some.sum()}/{len(some)} = {some.mean():.3f} [{low:.3f}, {high:.3f}]")
    return "\n".join(lines)


def main() -> None:
    items = list(judged(open_desk(Settings())))
    development = [item for item in items if not item.held_out]
    weights, bias = fit(development)
    fitted = ", ".join(f"{name} {weight:.2f}" for name, weight in weights.items())
    told = (f"fitted on development: {fitted}; bias {bias:.2f}", _told("development", development))
    held_out = _told("held out", [item for item in items if item.held_out])
    sys.stdout.write("\n".join((*told, held_out)) + "\n")


if __name__ == "__main__":
    main()
