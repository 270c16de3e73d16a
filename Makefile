# make run · make test · make soak (what takes long) · make bench · make shots · make zoo
PYTHON ?= python3
HOST ?= 127.0.0.1
PORT ?= 7860
JOBS ?= 2
BIN := .venv/bin

.PHONY: run test check soak bench shots zoo clean

run: .venv/run.done
	$(BIN)/python app.py --host $(HOST) --port $(PORT)

test: check
	$(BIN)/python -m pytest -n $(JOBS) --dist loadgroup -m "not soak"

check: .venv/dev.done
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright

soak: .venv/dev.done
	$(BIN)/python -m pytest -m soak

bench: .venv/dev.done
	set -e; for file in benchmarks/[a-z]*.py; do echo "== $$file"; $(BIN)/python -m benchmarks.$$(basename $$file .py); done

shots: .venv/dev.done
	$(BIN)/python -m tests.shots

zoo: .venv/dev.done
	@echo "Each recipe is one command; its first lines say what it makes, from what, and how long it takes:"
	@for file in zoo/[a-z]*.py; do if grep -q __main__ $$file; then \
		echo "  $(BIN)/python -m zoo.$$(basename $$file .py)"; fi; done

clean:
	rm -rf .venv shots

.venv/bin/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "Loupe needs Python 3.11 or newer: make $(MAKECMDGOALS) PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2>/dev/null || \
		{ echo "Python's venv module is missing. Install it:  sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv .venv

.venv/run.done: requirements.txt | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements.txt
	@touch $@

.venv/dev.done: requirements.txt requirements-zoo.txt requirements-dev.txt | .venv/bin/python
	$(BIN)/python -m pip install -q --disable-pip-version-check -r requirements-dev.txt
	@touch $@ .venv/run.done
