"""After installation no network is used: a build and an answer with every socket but loopback forbidden."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from conftest import embedded_home

from rag.settings import Settings

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[1]
GUARD = """
import socket, sys

def refuse(place):
    raise AssertionError(f"network: {place}")

class Guarded(socket.socket):
    def connect(self, address):
        if self.family != socket.AF_UNIX and address[0] not in ("127.0.0.1", "::1"):
            refuse(address)
        return super().connect(address)

    connect_ex = connect

def resolve(host, *args, **kwargs):
    if host not in ("127.0.0.1", "::1", "localhost", None):
        refuse(host)
    return real(host, *args, **kwargs)

real, socket.getaddrinfo, socket.socket = socket.getaddrinfo, resolve, Guarded
"""
PROGRAM = (
    GUARD
    + """
from bot.cli import main
for arguments in (["add", "新しい文書.txt"], ["build"], ["ask", "橋梁トリアージとは何ですか"]):
    assert main(arguments) == 0
try:
    socket.create_connection(("192.0.2.1", 80), timeout=1)
except AssertionError:
    print("guarded")
"""
)


def test_build_and_ask_use_no_network(tmp_path: Path, starter: Settings) -> None:
    embedded_home(tmp_path, starter)
    (tmp_path / "新しい文書.txt").write_text("この文は、まだベクトルになっていません。", "utf-8")
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        env={
            "HANDSON_HOME": str(tmp_path),
            "PYTHONPATH": str(ROOT),
            "PATH": "/usr/bin:/bin",
            "LANG": "C.UTF-8",
        },
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert "富山市" in done.stdout
    assert done.stdout.endswith("guarded\n")


def test_hub_libraries_are_told_to_stay_offline() -> None:
    code = "import rag.embed, os; from huggingface_hub import constants; print(constants.HF_HUB_OFFLINE)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "True\n"
