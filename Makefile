# make run    installs and starts the chat page      make test   runs every test
# make bench  prints how fast it is                  make lint   ruff and mypy
# make screenshots  takes the pictures under docs/   make format what ruff can mend

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
# A CPU build. Where pip would bring a GPU build, name a CPU one: make run TORCH="torch==2.13.0+cpu --index-url …"
TORCH  ?= torch==2.13.0
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: run test screenshots bench lint format install clean

run: $(VENV)/.run
	$(BIN)/handson serve

install: $(VENV)/.run

test: $(VENV)/.test lint
	$(BIN)/python -m pytest

screenshots: $(VENV)/.test
	HANDSON_SCREENSHOTS=docs/screenshots $(BIN)/python -m pytest tests/test_browser.py

bench: $(VENV)/.test
	$(BIN)/python -m eval.speed

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

clean:
	rm -rf $(VENV) build *.egg-info
