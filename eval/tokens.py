"""The mean of the default model's tokens over the shelves: ``python -m eval.tokens`` writes it anew.

Needed only when the model changes: a mean over other Japanese texts serves as well.
"""

from __future__ import annotations

import numpy as np

from ingest.collect import collect
from rag.models.e5 import DIMENSIONS, E5, MEAN
from rag.settings import Settings

STEP = 5  # every fifth window is enough


def main() -> None:
    settings = Settings()
    texts = [window.text for _, window in collect(settings).windows()][::STEP]
    embedder = E5(settings.models)
    embedder.mean = np.zeros(DIMENSIONS, np.float32)
    # of a question the tokens come as they are, not as signs
    tokens = np.concatenate(embedder.embed(texts, "query").tokens)
    np.save(MEAN, tokens.mean(axis=0).astype(np.float32))


if __name__ == "__main__":
    main()
