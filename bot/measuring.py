"""Asks ``handson eval`` as a person would (測定): what measures the bot stays outside it."""

from __future__ import annotations

import os
import subprocess
import sys

from rag.release import current_id
from rag.settings import Settings


def gating(test_set: str, built: str, settings: Settings) -> tuple[str, ...]:
    """``handson eval gate``: is a release no worse than the current one? It leaves evaluations/gate-RELEASE/report.html."""
    out = settings.home / "evaluations" / f"gate-{built}"
    against = ("--against", "current") if current_id(settings.releases) else ()
    return ("gate", test_set, "--approved", "--release", built, "--out", str(out), *against)


def measuring(settings: Settings, *command: str, quiet: bool = False) -> subprocess.CompletedProcess[str]:
    """Do it for the home of ``settings``; ``quiet``: what it says is given back instead of shown."""
    environment = os.environ | {
        "HANDSON_HOME": str(settings.home),
        "HANDSON_MODEL": settings.model,
        "HANDSON_SECOND_MODEL": settings.second_model,
    }
    return subprocess.run(
        [sys.executable, "-m", "bot", "eval", *command],
        env=environment, capture_output=quiet, text=True, encoding="utf-8",
    )  # fmt: skip
