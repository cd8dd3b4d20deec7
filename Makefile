# Every target sets up what it needs in $(VENV); nothing outside this folder is changed.
# Paths are relative, so that a folder name with spaces does no harm.
PYTHON ?= python3
VENV ?= .venv
LAB_ARGS ?=
APP_ARGS ?=
PYTEST_ARGS ?=
BENCH_ARGS ?=
LOCK_ARGS ?=

# Empty means no. Some machines forbid Python to keep what it compiled: then each of the many processes that
# a lab or the tests start would compile all libraries anew.
export PYTHONDONTWRITEBYTECODE :=

PY := $(VENV)/bin/python
INSTALLED := $(VENV)/installed
COMPILED := $(VENV)/compiled
LOOPS := $(shell grep -Erl --include='*.py' '^@compiled' sim)
# An environment of its own: two of the peers install a package called tests, which would hide ours.
BENCH_VENV := $(VENV)-bench
BENCH_INSTALLED := $(BENCH_VENV)/installed
WANTED := Install Python 3.11 or newer, or name one: make PYTHON=python3.12

.DEFAULT_GOAL := help
.PHONY: help lab lecture app test screenshots lint evidence ablation bench pairing lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' Makefile

lab: $(COMPILED) ## open the flight deck in JupyterLab (LAB_ARGS="--no-browser --port=9999")
	$(PY) -m jupyterlab --allow-root --LabApp.default_url=/lab/tree/notebooks/00_flight_deck.ipynb $(LAB_ARGS)

lecture: $(COMPILED) ## the same for the projector: press Lecture in its toolbar for large type without code
	$(PY) -m jupyterlab --allow-root --LabApp.default_url=/doc/tree/notebooks/00_flight_deck.ipynb $(LAB_ARGS)

app: $(COMPILED) ## serve the flight deck as a web page without code (APP_ARGS="--no-browser --port=9999 --theme=dark")
	$(PY) -m voila notebooks/flight_deck_app.ipynb --template=crm-flight-simulator $(APP_ARGS)

test: $(COMPILED) ## run every test: functions, doctests, notebooks, the lab in a browser (PYTEST_ARGS="-k kpi")
	$(PY) -m pytest -n auto --maxprocesses 4 --dist loadfile $(PYTEST_ARGS)

screenshots: $(COMPILED) ## take the pictures of the README and of the docs anew, in a browser
	$(PY) -m pytest tests/screenshots.py

lint: $(INSTALLED) ## check style, types and that notebooks are stored without outputs
	$(PY) -m ruff check
	$(PY) -m mypy
	$(PY) -m nbstripout --verify --keep-count --keep-id notebooks/*.ipynb

evidence: $(INSTALLED) ## print what the bundled companies produce beside what the literature reports
	$(PY) -m tests.evidence

ablation: $(INSTALLED) ## print what each mechanism does when it alone is strengthened
	$(PY) -m tests.ablation

bench: $(BENCH_INSTALLED) ## measure the engine beside other libraries, by size, in parallel, and the deck
	$(BENCH_VENV)/bin/python -m benchmarks $(BENCH_ARGS)

pairing: $(INSTALLED) ## print how many replications the same luck saves in each bundled company
	$(PY) -m tests.pairing

lock: | $(PY) ## write requirements.lock from pyproject.toml (LOCK_ARGS=--upgrade takes the newest releases)
	$(PY) -m pip install --quiet uv
	$(PY) -m uv pip compile pyproject.toml --extra test --universal --python-version 3.11 \
		--no-emit-index-url --no-emit-find-links --custom-compile-command "make lock" \
		--quiet --output-file requirements.lock $(LOCK_ARGS)

clean: ## remove the local environment, all caches and the tests' pictures
	rm -rf $(VENV) $(BENCH_VENV) .hypothesis .mypy_cache .pytest_cache .ruff_cache tests/artefacts
	find . -name __pycache__ -prune -exec rm -rf {} +

# One installation serves the lab and the tests: neither waits again after the other. Python compiles what is
# used when it is first used; compiling everything here would take half a minute more.
$(INSTALLED): pyproject.toml requirements.lock sim/lab/jupyterlab_settings.json $(wildcard sim/lab/voila/* sim/classroom/*.json) | $(PY)
	@echo "Installing the packages of requirements.lock into $(VENV): once, about a minute or two."
	$(PY) -m pip install --disable-pip-version-check --progress-bar off --no-compile -r requirements.lock -e .
	@touch $@

# Says so, unless that has been done. It saves the first simulation, and several at once, the wait.
$(COMPILED): $(INSTALLED) sim/compiled.py sim/compiled_files.py $(LOOPS)
	@$(PY) -c 'from sim.world.warm_up import prepare; prepare()'
	@touch $@

$(BENCH_INSTALLED): pyproject.toml | $(PY)
	"$(PYTHON)" -m venv $(BENCH_VENV)
	$(BENCH_VENV)/bin/python -m pip install --disable-pip-version-check --progress-bar off --no-compile -e ".[bench]"
	@touch $@

$(PY):
	@command -v "$(PYTHON)" > /dev/null || { echo "There is no $(PYTHON) here. $(WANTED)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "$$("$(PYTHON)" --version 2>&1) is too old. $(WANTED)" >&2; exit 1; }
	@"$(PYTHON)" -c 'import ensurepip, venv' 2> /dev/null || { \
		echo "$(PYTHON) cannot make environments; on Debian and Ubuntu: sudo apt install python3-venv" >&2; exit 1; }
	"$(PYTHON)" -m venv $(VENV)
