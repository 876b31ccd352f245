# Two commands: `make run` and `make test`. Both make what they need first.
PYTHON ?= python3
BIN := .venv/bin
ASSETS := src/practicestudio/web/assets
# Where this is set, each of the many processes that tests start compiles everything anew.
unexport PYTHONDONTWRITEBYTECODE
NPM_CI := npm ci --ignore-scripts --no-audit --no-fund --loglevel=error

.PHONY: run test setup check screenshots lock clean

run: setup
	$(BIN)/practicestudio demo

test: check tests/node_modules/.made
	$(BIN)/pytest -n 2 --dist loadfile

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

setup: .venv/.made $(ASSETS)/node_modules/.made

.venv/.made: requirements/test.txt pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Python 3.11 or newer is needed; say which one with: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/test.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $@

$(ASSETS)/node_modules/.made: $(ASSETS)/package-lock.json .venv/.made
	cd $(ASSETS) && PATH="$(CURDIR)/$(BIN):$$PATH" $(NPM_CI)
	touch $@

tests/node_modules/.made: tests/package-lock.json .venv/.made
	cd tests && PATH="$(CURDIR)/$(BIN):$$PATH" $(NPM_CI)
	touch $@

screenshots: setup tests/node_modules/.made  # the pictures of the docs, by the journeys that test the pages; needs chromium
	mkdir -p build/pictures
	PRACTICESTUDIO_PICTURES=$(CURDIR)/build/pictures $(BIN)/pytest tests/journeys/test_pages.py

lock:  # after a change of pyproject.toml; needs uv
	uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -o requirements/run.txt
	uv pip compile pyproject.toml --extra test --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate --quiet -o requirements/test.txt
	for folder in $(ASSETS) tests; do (cd $$folder && npm install --package-lock-only --omit-lockfile-registry-resolved --ignore-scripts --no-audit --no-fund); done

clean:
	rm -rf .venv $(ASSETS)/node_modules tests/node_modules .mypy_cache .pytest_cache .ruff_cache build src/*.egg-info
