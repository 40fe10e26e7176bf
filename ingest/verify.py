"""Checks a release before it is complete, in a child process: ``python -m ingest.verify FOLDER``.

Opening a damaged Chroma directory may end the process that does it; then the build fails, not more.
"""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import numpy as np

from rag import dense
from rag.child import Child
from rag.errors import ReleaseError
from rag.release import DRAFT, MANIFEST, Release, read_manifest

VERIFY_SECONDS = 300.0
UNIT_TOLERANCE = 1e-3

log = logging.getLogger(__name__)


def check(folder: Path, seconds: float = VERIFY_SECONDS) -> None:
    """Verify a release in a child. Raises ReleaseError where it is wrong, or the child did not live."""
    ending = Child("ingest.verify", str(folder), seconds=seconds).wait()
    if not ending.well:
        log.info("ingest.verify: %s", ending.complained)
        raise ReleaseError(
            f"作ったリリースの検査に失敗しました（{ending.cause}）。公開中のリリースはそのままです。"
            "空き容量とメモリを確かめ、もう一度 handson build を実行してください。"
        )
    if ending.said:
        log.warning("%s", ending.said)


def verify(folder: Path) -> str:
    """Open it, count, and search it; what is doubtful, or nothing. Raises ReleaseError; may abort.

    A graph that does not find what exact search finds is no fault of the release: it serves without.
    """
    name = MANIFEST if (folder / MANIFEST).exists() else DRAFT
    opened = Release(folder, read_manifest(folder, name))
    for index in opened.dense:
        _verify_vectors(index)
        _verify_windows(opened, index)
    found = dense.examine(opened.dense[0])
    return "" if found.sound else f"{found}このリリースは正確な計算だけで探します。"


def _verify_vectors(index: dense.DenseIndex) -> None:
    """Every vector is a unit vector; NaN is none."""
    lengths = np.linalg.norm(index.vectors.astype(np.float32), axis=1)
    wrong = len(lengths) - int((abs(lengths - 1) < UNIT_TOLERANCE).sum())
    if wrong:
        raise ReleaseError(f"{len(lengths):,}件中{wrong:,}件のベクトルの長さが1ではありません")


def _verify_windows(opened: Release, index: dense.DenseIndex) -> None:
    """Every vector stands for a part of a chunk that is there."""
    lengths = np.array([len(chunk.text) for chunk in opened.chunks])
    rows, starts, ends = index.windows.rows.T
    if (np.diff(rows) < 0).any() or not ((rows >= 0) & (rows < len(lengths))).all():
        raise ReleaseError("ベクトルとチャンクの並びが合いません")
    if not ((starts >= 0) & (starts <= ends) & (ends <= lengths[rows])).all():
        raise ReleaseError("ベクトルの指す範囲がチャンクの外にあります")


def main(folder: str) -> None:
    try:
        sys.stdout.write(verify(Path(folder)))
    except ReleaseError as error:
        sys.stdout.write(error.message)
        raise SystemExit(1) from None


if __name__ == "__main__":
    main(*sys.argv[1:])
