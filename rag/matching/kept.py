"""Vectors of texts, embedded once and kept in the home: the next process reads what this one made."""

from __future__ import annotations

import hashlib
import logging
import os
import zipfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.embed import Embedder, Kind

log = logging.getLogger(__name__)


def vectors_of(
    texts: Sequence[str], embedder: Embedder, kind: Kind, file: Path | None
) -> NDArray[np.float32]:
    """One row a text, in order. ``file`` holds those of last time; it is written anew when texts are new."""
    if not texts:
        return np.zeros((0, 1), np.float32)
    keys = [_key(text, f"{embedder.model} {kind}") for text in texts]
    known = _read(file)
    new = {key: text for key, text in zip(keys, texts, strict=True) if key not in known}
    if new:
        made = embedder.embed(list(new.values()), kind).vectors
        known |= dict(zip(new, made, strict=True))
    if file and (new or len(known) > len(set(keys))):
        _write(file, {key: known[key] for key in dict.fromkeys(keys)})
    return np.stack([known[key] for key in keys])


def _key(text: str, model: str) -> str:
    return hashlib.sha256(f"{model}\n{text}".encode()).hexdigest()[:24]


def _read(file: Path | None) -> dict[str, NDArray[np.float32]]:
    """What is kept; a damaged file is as good as none."""
    if not file or not file.exists():
        return {}
    try:
        with np.load(file) as kept:
            return dict(zip(kept["keys"].tolist(), kept["vectors"], strict=True))
    except (OSError, ValueError, KeyError, zipfile.BadZipFile) as error:
        log.warning("%s を読めないので、作り直します（%s）。", file, error)
        return {}


def _write(file: Path, known: dict[str, NDArray[np.float32]]) -> None:
    """In one step; a home that cannot be written to only costs time."""
    aside = file.with_name(f"{file.name}.{os.getpid()}.part")
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with aside.open("wb") as out:
            np.savez(out, keys=np.array(list(known)), vectors=np.stack(list(known.values())))
        os.replace(aside, file)
    except OSError as error:
        log.warning("%s に書けません（%s）。次もベクトルを作り直します。", file, error.strerror or error)
