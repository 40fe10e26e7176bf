"""The README's table of quality, made from the baseline: ``python -m eval.table`` writes it, a test compares."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from eval.baseline import baseline_file
from eval.figures import HALVES
from eval.measures import BY_NAME
from eval.opening import SYSTEMS

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- quality -->", "<!-- /quality -->"
SHOWN = (
    "right",
    "score",
    "must_include",
    "answered_when_unanswerable",
    "partial_when_unanswerable",
    "refused_when_answerable",
    "clarify_when_due",
    "document_hit@5",
    "page_hit@5",
    "mrr@10",
    "gold_cited",
    "quote_verbatim",
    "number_supported",
)


def table() -> str:
    """Both halves of the golden set for ours, the held-out half for the baselines."""
    told = json.loads(baseline_file().read_text("utf-8"))
    systems = told["systems"]
    columns = [("handson", half) for half in HALVES.values()]
    columns += [(name, HALVES["heldout"]) for name in systems if name != "handson"]
    cases = {
        half: max(its["n"] for its in systems["handson"]["groups"][half].values()) for half in HALVES.values()
    }
    heads = [f"{SYSTEMS[name]}<br>{half}、{cases[half]}問" for name, half in columns]
    lines = [f"| | {' | '.join(heads)} |", "|---|" + "---:|" * len(heads)]
    for name in SHOWN:
        cells = [_cell(systems[system]["groups"][half].get(name)) for system, half in columns]
        less = "" if BY_NAME[name].more else "（少ないほどよい）"
        lines.append(f"| {BY_NAME[name].label}{less} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(its: dict[str, Any] | None) -> str:
    """The value, where it may lie, and of how many."""
    if its is None or its["value"] is None:
        return "―"
    return f"{its['value']:.3f} [{its['low']:.2f}, {its['high']:.2f}] n={its['n']}"


def blocks(readme: str) -> Iterator[str]:
    """What stands between the two marks."""
    yield from re.findall(f"{BEGIN}\n(.*?)\n{END}", readme, re.S)


def write_readme(path: Path = README) -> bool:
    """Put the table between the marks; whether there are any."""
    text = path.read_text("utf-8")
    if BEGIN not in text:
        return False
    head, _, rest = text.partition(BEGIN)
    _, _, tail = rest.partition(END)
    path.write_text(f"{head}{BEGIN}\n{table()}\n{END}{tail}", "utf-8")
    return True


def main() -> None:
    if not write_readme():
        raise SystemExit(f"README.md に {BEGIN} と {END} の行がありません。表を入れる所に書いてください。")


if __name__ == "__main__":
    main()
