# make run: try it; make test: every test; make check: every linter; make soak: the long proofs.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.ready

.PHONY: run demo test check format soak bench clean

run: $(STAMP)
	$(BIN)/qungui run

demo: $(STAMP)
	$(BIN)/qungui demo --exit

# The journeys wait more than they compute: four at a time, also on two cores.
test: $(STAMP)
	$(BIN)/python -m pytest -m "not soak" -n 4

check: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: $(STAMP)
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

soak: $(STAMP)
	$(BIN)/python -m pytest -m soak

bench: $(STAMP)
	$(BIN)/python -m bench

# The lock holds hashes and no address: the client's own settings say where packages come from.
$(STAMP): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	touch $(STAMP)

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis *.egg-info
