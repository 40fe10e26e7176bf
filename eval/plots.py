"""The drawings of the report, as SVG (matplotlib). Letters stay letters: the reader's own fonts show them."""

from __future__ import annotations

import io
import logging
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from eval.comparing import Difference
from eval.figures import Figure
from eval.measures import BY_NAME

if TYPE_CHECKING:
    from matplotlib.axes import Axes

FONTS = ["Noto Sans CJK JP", "Noto Sans JP", "Hiragino Sans", "Yu Gothic", "Meiryo", "sans-serif"]
BLUE, GREY, RED, GREEN = "#0017c1", "#767676", "#ce0000", "#197a4b"  # of デジタル庁デザインシステム
BINS = 8  # of the calibration curve, with as many questions in each


class Drawing:
    """Axes to draw on; ``svg`` once it is done."""

    def __init__(self, axes: Axes) -> None:
        self.axes = axes
        self.svg = ""


@contextmanager
def drawing(width: float, height: float) -> Iterator[Drawing]:
    """An empty drawing, in inches."""
    import matplotlib as mpl
    from matplotlib.figure import Figure as Canvas

    options: Any = {
        "svg.fonttype": "none",
        "svg.hashsalt": "handson",
        "font.family": FONTS,
        "font.size": 11,
        "axes.spines.top": False,
        "axes.spines.right": False,
    }
    logging.getLogger("matplotlib.font_manager").setLevel(logging.ERROR)  # a family that is not here
    with mpl.rc_context(options), warnings.catch_warnings():
        warnings.simplefilter(
            "ignore", UserWarning
        )  # a letter that is only measured here, and shown elsewhere
        canvas = Canvas(figsize=(width, height), layout="constrained")
        made = Drawing(canvas.subplots())
        yield made
        out = io.StringIO()
        canvas.savefig(out, format="svg", metadata={"Date": None}, transparent=True)
        made.svg = out.getvalue()[out.getvalue().index("<svg") :]


def slices(figures: Mapping[str, Figure]) -> str:
    """How often each slice was answered as it should be, with intervals."""
    known = [(name, its) for name, its in figures.items() if its.value is not None]
    with drawing(8.4, 0.34 * len(known) + 0.9) as made:
        axes, places = made.axes, np.arange(len(known))[::-1]
        values = np.array([its.value or 0.0 for _, its in known])
        low = values - [its.low or 0.0 for _, its in known]
        high = np.array([its.high or 0.0 for _, its in known]) - values
        axes.barh(places, values, color="#c5d7fb", height=0.7)
        axes.errorbar(values, places, xerr=np.abs([low, high]), fmt="o", color=BLUE, capsize=3, markersize=4)
        axes.set_yticks(places, [f"{name}（{its.n}問）" for name, its in known])
        _share(axes, "正しく応じた割合（線は95%の区間）")
    return made.svg


def calibration(probabilities: Sequence[float], there: Sequence[bool]) -> str:
    """Of the questions that were held to be answerable with a probability, how many are."""
    order = np.argsort(probabilities, kind="stable")
    told, true = np.asarray(probabilities)[order], np.asarray(there, float)[order]
    with drawing(5.2, 4.2) as made:
        axes = made.axes
        axes.plot([0, 1], [0, 1], color=GREY, linestyle=":", label="見積りどおり")
        parts = [part for part in np.array_split(np.arange(len(told)), BINS) if len(part)]
        axes.plot(
            [told[part].mean() for part in parts],
            [true[part].mean() for part in parts],
            "o-",
            color=BLUE,
            label="実際",
        )
        axes.set_xlabel("根拠があると見積もった確からしさ")
        axes.set_ylabel("実際に答えのある質問の割合")
        axes.set_xlim(-0.02, 1.02)
        axes.set_ylim(-0.02, 1.02)
        axes.legend(frameon=False)
    return made.svg


def latency(milliseconds: Sequence[float]) -> str:
    """How long answers took."""
    with drawing(5.2, 4.2) as made:
        axes = made.axes
        axes.hist(milliseconds, bins=24, color="#c5d7fb", edgecolor=BLUE)
        for share, label in ((50, "中央値"), (95, "p95")):
            at = float(np.percentile(milliseconds, share, method="higher"))
            axes.axvline(
                at, color=RED if share == 95 else GREY, linestyle="--", label=f"{label} {at:,.0f} ms"
            )
        axes.set_xlabel("1問の時間（ミリ秒）")
        axes.set_ylabel("質問の数")
        axes.legend(frameon=False)
    return made.svg


def differences(found: Sequence[Difference]) -> str:
    """What got better and what worse, with intervals; to the right is better."""
    with drawing(8.4, 0.34 * len(found) + 1.0) as made:
        axes, places = made.axes, np.arange(len(found))[::-1]
        for place, its in zip(places, found, strict=True):
            sign = 1 if BY_NAME[its.name].more else -1
            color = GREY if not its.significant else RED if its.worse else GREEN
            axes.plot([sign * its.low, sign * its.high], [place, place], color=color)
            axes.plot([sign * its.change], [place], "o", color=color)
        axes.axvline(0, color=GREY, linewidth=0.8)
        axes.set_yticks(places, [BY_NAME[its.name].label for its in found])
        axes.set_xlabel("← 悪くなった　　前との差（線は95%の区間）　　良くなった →")
    return made.svg


def _share(axes: Axes, label: str) -> None:
    axes.set_xlim(0, 1)
    axes.set_xticks(np.linspace(0, 1, 6), [f"{share:.0%}" for share in np.linspace(0, 1, 6)])
    axes.set_xlabel(label)
    axes.margins(y=0.01)
