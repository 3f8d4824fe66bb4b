# Hearthline. `make help` lists what there is; nothing here needs more than Python >= 3.11, git and make.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
# Some machines forbid Python to keep bytecode; every start of every process would then compile all its sources for seconds.
unexport PYTHONDONTWRITEBYTECODE
.PHONY: help setup demo test lint bench bench-peers soak clean

VENV := .venv
BIN := $(VENV)/bin
ARGS ?=
APERTIUM := deploy/system_packages.sh --wish "Spanish and English are then translated by people, not by this machine." apertium apertium-eng-spa

help: ## Show this list
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

$(VENV)/.made:
	@deploy/make_venv.sh $(VENV)
	@touch $@

$(VENV)/.runtime: $(VENV)/.made requirements/runtime.lock pyproject.toml
	@echo "Installing what Hearthline needs to run (pinned, with hashes) ..."
	@$(BIN)/python -m pip install --quiet --no-compile --use-pep517 --disable-pip-version-check --require-hashes -r requirements/runtime.lock
	@echo "$(CURDIR)" > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/hearthline_checkout.pth"
	@deploy/make_command.sh $(VENV)
	@touch $@

$(VENV)/.catalogues: $(VENV)/.runtime $(wildcard translations/*/LC_MESSAGES/*.po)
	@$(BIN)/python -m bot.i18n
	@$(BIN)/python -m bot.lists
	@touch $@

$(VENV)/.dev: $(VENV)/.runtime requirements/dev.lock
	@echo "Installing what the tests and checks need (pinned, with hashes) ..."
	@$(BIN)/python -m pip install --quiet --no-compile --use-pep517 --disable-pip-version-check --require-hashes -r requirements/dev.lock
	@touch $@

.venv-peers/.made: bench/peers/requirements.lock
	@deploy/make_venv.sh .venv-peers
	@echo "Installing the engine bench's Python peer in an environment of its own ..."
	@.venv-peers/bin/python -m pip install --quiet --no-compile --use-pep517 --disable-pip-version-check --require-hashes -r bench/peers/requirements.lock
	@touch $@

setup: $(VENV)/.dev $(VENV)/.catalogues .venv-peers/.made ## Make .venv with the hearthline command and all that tests and benches need
	@deploy/system_packages.sh chromium postgresql
	@$(APERTIUM)

demo: $(VENV)/.runtime $(VENV)/.catalogues ## Serve the demo district on 127.0.0.1:8000 (ARGS="--port 8001 --reset --database URL")
	@$(APERTIUM)
	@exec $(BIN)/hearthline demo $(ARGS)

test: setup ## Run everything: unit, contract, service, web and browser tests, on SQLite and PostgreSQL
	@deploy/run_tests.sh $(ARGS)

lint: $(VENV)/.dev ## ruff, mypy --strict, import-linter
	@$(BIN)/ruff check . && $(BIN)/ruff format --check . && $(BIN)/mypy && $(BIN)/lint-imports --no-logo

bench: setup ## Measure turn and engine as ratios in one run (ARGS="--full")
	@$(BIN)/hearthline bench engine $(ARGS)
	@$(BIN)/hearthline bench turn $(ARGS)

bench-peers: setup ## Install the benches' JavaScript peers in an environment of their own
	@command -v npm >/dev/null || { echo "npm is needed for the JavaScript peers: install Debian's npm package"; exit 1; }
	@npm ci --prefix bench/peers --no-audit --no-fund --loglevel=error
	@deploy/system_packages.sh wrk redis-server

soak: setup ## The long kill test (10,000 messages, 200 kills, both databases) and a million send decisions
	@$(BIN)/python -m bench.kill --database sqlite --messages 10000 --kills 200
	@$(BIN)/python -m bench.kill --database postgresql --messages 10000 --kills 200
	@$(BIN)/python -m bench.kill --channel email --messages 5000 --kills 50
	@HEARTHLINE_DECISIONS=1000000 $(BIN)/python -m pytest -q -p no:cacheprovider tests/policy/test_histories.py

clean: ## Remove what the targets above made
	@rm -rf $(VENV) .venv-peers .demo build dist *.egg-info .coverage* .pytest_cache .mypy_cache .ruff_cache
