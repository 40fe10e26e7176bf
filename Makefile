# make run    installs and starts the chat page      make test   runs the tests (make test-slow: the long ones)
# make bench  prints how fast it is                  make lint   ruff and mypy
# make screenshots  takes the pictures under docs/   make format what ruff can mend
# make bench-peers BENCH="FOLDER…"  compares our retrieval with other people's (docs/peers.md)

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# A CPU build. Where pip would bring a GPU build, name a CPU one: make run TORCH="torch==2.13.0+cpu --index-url …"
TORCH  ?= torch==2.13.0
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check
PEERS  := .venv-bench
PEERS_PIP := $(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test test-slow screenshots bench bench-peers bench-answers lint format install clean

run: $(VENV)/.run
	$(BIN)/handson serve

install: $(VENV)/.run

test: $(VENV)/.test lint
	$(BIN)/python -m pytest -n 2 --dist loadfile -m "not slow"

# whole journeys in a browser, a real language model, kill -9, many at once: what takes long, and what nobody may break
test-slow: $(VENV)/.test
	$(BIN)/python -m pytest -n 2 --dist loadfile -m slow

screenshots: $(VENV)/.test
	HANDSON_SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest tests/test_browser.py tests/test_console_browser.py tests/test_widget_*.py

bench: $(VENV)/.test
	$(BIN)/python -m eval.speed

bench-peers:
ifeq ($(strip $(BENCH)),)
	@echo '比べるフォルダを BENCH に書いてください。例: make bench-peers BENCH="../sets/a ../sets/b" OPTIONS="--limit 200"'
	@echo 'フォルダには BEIR 形式の corpus.jsonl、queries.jsonl、qrels.tsv を置きます。説明は docs/peers.md にあります。'
	@exit 2
else
	$(MAKE) --no-print-directory $(PEERS)/.done
	$(PEERS)/bin/python -m eval.peers $(BENCH) $(OPTIONS)
endif

# asks the golden set of us and of two plain baselines, and writes the baseline and the table of the README
bench-answers: $(PEERS)/.done $(VENV)/.test
	$(BIN)/python -m eval.baseline --out $(or $(OUT),var/answers) --langchain $(PEERS)/bin/python

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

format: $(VENV)/.test
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(VENV)/.run: pyproject.toml constraints.txt
	@echo "準備しています（初回は数分かかります）…"
	$(PYTHON) -m venv $(VENV)
	$(PIP) $(TORCH)
	$(PIP) --constraint constraints.txt --editable .
	touch $@

$(VENV)/.test: $(VENV)/.run
	$(PIP) --constraint constraints.txt --editable ".[test]"
	touch $@

# Lucene may be out of reach on a machine: then the others run, and the table says that it was not measured
$(PEERS)/.done: pyproject.toml constraints.txt
	@echo "比べる相手を入れています（初回は数分かかります）…"
	$(PYTHON) -m venv $(PEERS)
	echo '*' > $(PEERS)/.gitignore
	$(PEERS_PIP) $(TORCH)
	$(PEERS_PIP) --constraint constraints.txt --editable ".[bench]"
	-$(PEERS_PIP) --constraint constraints.txt --editable ".[bench-lucene]"
	-$(PEERS_PIP) --no-deps pyserini==1.6.0
	touch $@

clean:
	rm -rf $(VENV) $(PEERS) build *.egg-info
