# Everything here sets itself up: `make demo` and `make test` work in a fresh
# checkout with Python 3.10 to 3.12 and nothing else.
SHELL := /bin/bash
VENV := .venv
PY := $(VENV)/bin/python
# Override with: make PYTHON=/path/to/python demo
PYTHON ?= $(shell for p in python3.11 python3.12 python3.10 python3; do \
	$$p -c 'import sys; sys.exit(not (3, 10) <= sys.version_info < (3, 13))' \
	2>/dev/null && echo $$p && break; done)

.PHONY: help setup demo test test-slow lint format clean

help:
	@echo 'make demo    train on the built-in scenes, evaluate, draw pictures'
	@echo 'make test    run the tests; make test-slow those that take long'
	@echo 'make lint    check style; make format applies it'
	@echo 'make setup   install everything into $(VENV) (the others do it too)'

setup: $(VENV)/.ready

$(VENV)/.ready: requirements/lite.txt requirements/tests.txt \
		requirements/demo.txt requirements/deployment.txt \
		requirements/fast.txt requirements/constraints.txt \
		requirements/runtime.txt setup.cfg
	@if [ -z '$(PYTHON)' ] || ! '$(PYTHON)' -c 'import sys; \
			sys.exit(not (3, 10) <= sys.version_info < (3, 13))'; then \
		echo 'uhrnet needs Python 3.10, 3.11 or 3.12. Install one, or name' \
			'it: make PYTHON=/path/to/python $(MAKECMDGOALS)' >&2; \
		exit 1; \
	fi
	@'$(PYTHON)' -m venv $(VENV) || { echo 'Python has no venv module: on' \
		'Debian and Ubuntu, apt install python3-venv' >&2; exit 1; }
	$(PY) -m pip install --quiet --disable-pip-version-check \
		-c requirements/constraints.txt 'setuptools<82' wheel
	$(PY) -m pip install --quiet --disable-pip-version-check \
		-c requirements/constraints.txt -r requirements/runtime.txt \
		-r requirements/lite.txt -r requirements/tests.txt \
		-r requirements/demo.txt -r requirements/deployment.txt \
		-r requirements/fast.txt
	$(PY) -m pip install --quiet --disable-pip-version-check --no-deps \
		--no-build-isolation --editable .
	@touch $@

demo: setup
	$(PY) demo/train_scenes.py

test: setup
	$(PY) -m pytest -m 'not slow'

test-slow: setup
	$(PY) -m pytest -m slow

lint: setup
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m interrogate --quiet --fail-under 100 --ignore-init-module \
		--ignore-init-method --ignore-magic --ignore-private \
		--ignore-semiprivate --ignore-nested-functions projects

format: setup
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

clean:
	rm -rf $(VENV) build dist *.egg-info projects/*.egg-info
