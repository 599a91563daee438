# Everything a person or CI does here. `make install` once; the rest finds what it made.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.PHONY: install demo test test-all lint type bench docs clean

install: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo,zone,telemetry,noise,linkage,reports,peers,dev]'
	touch $(STAMP)

# Only what the demo needs: the package and its extra `demo`.
$(VENV)/.demo: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[demo]'
	touch $(VENV)/.demo

demo: $(VENV)/.demo
	$(BIN)/dalgu demo demo-site

test: install
	$(BIN)/pytest -q -n 2 -m "not slow"

test-all: install
	$(BIN)/pytest -q -n 2 -m "not slow"
	$(BIN)/pytest -q -m slow

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

type: install
	$(BIN)/mypy

bench: install
	$(BIN)/python -m bench --list

docs: install
	$(BIN)/python -m docs.build

clean:
	rm -rf demo-site demo-site-files build dist
