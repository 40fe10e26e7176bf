"""The house: who may import whom, and that what the README says of it is true."""

from __future__ import annotations

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from rag.settings import Settings

ROOT = Path(__file__).parents[1]
ORDER = ("corpus", "rag", "ingest", "bot")  # each may import what stands before it
# `handson eval` is typed like any other command, so the one file that lists the commands may know the one
# module that offers them; everything else in bot/ runs, and can be read, without eval/
ENTRANCES = {("bot/cli.py", "eval.commands")}
ALONE = {  # a library and the only files that may import it
    "chromadb": {"rag/chroma.py"},
    "fugashi": {"rag/tokens.py"},
    "langchain": {"rag/generate.py"},
    "langchain_core": {"rag/generate.py", "rag/adapter.py", "eval/peers/langchain.py"},
    "langchain_community": {"eval/reading.py", "eval/peers/langchain.py"},
    "sentence_transformers": {"rag/models/transformer.py"},
    "onnx": {"rag/models/bert.py"},
    "onnxruntime": {"rag/models/e5.py"},
    "pdfminer": {"ingest/readers/layout.py"},
    "pdfplumber": {"ingest/readers/pdf.py"},
    "pypdf": {"ingest/readers/pdf.py"},
    "prometheus_client": {"bot/metrics.py"},
    "pypdfium2": {"ingest/readers/ocr.py"},
    "authlib": {"bot/console/entry/oidc.py"},
    "httpx2": {"bot/console/entry/oidc.py"},
    "argon2": {"bot/console/entry/passwords.py"},
    "bs4": {"ingest/readers/web.py"},
    "docx": {"bot/desk/paper.py", "bot/desk/templates.py", "ingest/readers/word.py", "eval/samples.py"},
    "sklearn": {"bot/console/asked/alike.py", "eval/confidence.py"},
    "docxtpl": {"bot/desk/templates.py"},
    "mcp": {"bot/mcp_tools.py"},
    "openpyxl": {
        "bot/console/stock/workbook.py",
        "eval/lists.py",
        "ingest/readers/sheets.py",
        "eval/samples.py",
    },
    "pptx": {"ingest/readers/slides.py", "eval/samples.py"},
    "fastapi": {
        "bot/app.py",
        "bot/faults.py",
        "bot/rooms.py",
        "eval/served.py",
        *(
            f"bot/console/{name}.py"
            for name in "asked/papers door entry/access entry/entrance entry/oidc_login looks mounting offices posted".split()
        ),
        *(
            f"bot/console/routes/{name}.py"
            for name in "corrections coverage documents drafts figures letters log people privacy publishing reading records replying requests terms tester unanswered".split()
        ),
        *(
            f"bot/routes/{name}.py"
            for name in "api cases_map chat desk gennai health matching openai pages places".split()
        ),
    },
}


def _imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            assert node.level == 0, f"{path}: relative import"
            yield node.module
            yield from (f"{node.module}.{name.name}" for name in node.names)


def _sources() -> list[Path]:
    return [path for folder in (*ORDER, "eval") for path in sorted((ROOT / folder).rglob("*.py"))]


def test_imports_go_one_way() -> None:
    for path in _sources():
        room = path.relative_to(ROOT).parts[0]
        allowed = {*ORDER, "eval"} if room == "eval" else set(ORDER[: ORDER.index(room) + 1])
        place = str(path.relative_to(ROOT))
        names = {name for name in _imports(path) if not _through_an_entrance(place, name)}
        rooms = {name.split(".")[0] for name in names} & {*ORDER, "eval", "tests"}
        assert rooms <= allowed, f"{place} imports {rooms - allowed}"


def _through_an_entrance(place: str, name: str) -> bool:
    """``from eval import commands`` is told as eval and as eval.commands; the first runs no code of its own."""
    return any(place == file and name in (module, module.split(".")[0]) for file, module in ENTRANCES)


def test_no_cycles() -> None:
    names = {
        ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__"): path
        for path in _sources()
    }
    graph = {name: {i for i in _imports(path) if i in names and i != name} for name, path in names.items()}
    done: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join([*trail, name])
        if name not in done:
            for other in graph[name]:
                visit(other, (*trail, name))
            done.add(name)

    for name in graph:
        visit(name, ())


def test_each_heavy_library_stands_behind_its_own_files() -> None:
    for path in _sources():
        place = str(path.relative_to(ROOT))
        for library in {name.split(".")[0] for name in _imports(path)} & set(ALONE):
            assert place in ALONE[library], f"{place} imports {library}"


def test_every_setting_is_in_the_readme_with_its_default() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    for name, field in Settings.model_fields.items():
        row = f"| `HANDSON_{name.upper()}` | `{field.default}` | {field.description} |"
        assert row in readme, row


def test_the_file_tree_in_the_readme_is_true() -> None:
    readme = (ROOT / "README.md").read_text("utf-8")
    block = re.search(r"<!-- tree -->\n```\n(.*?)```", readme, re.S)
    assert block
    told: set[str] = set()
    folder = ""
    for line in block[1].splitlines():
        name = line.split()[0]
        if not line.startswith(" "):
            folder = name
            told.add(name)
        else:
            told.add(folder + name)
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    code = {f for f in tracked if f.startswith((*ORDER, "eval", "prompts")) and f.endswith((".py", ".md"))}
    code = {f for f in code if not f.endswith("__init__.py") and not f.startswith("corpus/guide")}
    assert {f for f in told if not f.endswith("/")} == code
    assert all((ROOT / f).is_dir() for f in told if f.endswith("/"))


def test_every_dependency_gives_its_reason() -> None:
    lines = (ROOT / "pyproject.toml").read_text("utf-8").splitlines()
    listed = [line for line in lines if re.match(r'  "[a-z].*[<>=]', line)]
    assert len(listed) > 20
    for line in listed:
        assert "# " in line, line


def test_files_stay_short() -> None:
    for path in _sources():
        length = len(path.read_text("utf-8").splitlines())
        assert length <= 320, f"{path.relative_to(ROOT)}: {length} lines"
