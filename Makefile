# Habits: demo, test, test-deep, newest, lint, bench, docs, lock, clean. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo-out
PYTEST := -m pytest -n auto --dist loadfile

.PHONY: demo test test-deep newest lint bench docs lock clean help

help: ## Say what there is
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

# What was tested: these releases and no others, each by its hash. Our own package is built with the locked hatchling.
.venv/ready: pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv
	.venv/bin/python -m pip install --quiet --require-hashes --requirement requirements.lock
	.venv/bin/python -m pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

# The newest of everything that the ranges of pyproject.toml admit: `make test VENV=.venv-newest` tests with it.
.venv-newest/ready: pyproject.toml
	$(PYTHON) -m venv .venv-newest
	.venv-newest/bin/python -m pip install --quiet --upgrade --upgrade-strategy eager --editable '.[rehearse,dev]'
	touch $@

demo: $(VENV)/ready ## Read an image, scan a legacy server, write specs and a report, rehearse the registration, try a job
	@rm -rf $(DEMO) && mkdir $(DEMO) && $(BIN)/python -m tools.demo_image $(DEMO)/shop.tar
	@$(BIN)/cron2fargate image docker-archive:$(DEMO)/shop.tar --as registry.example.com/shop:1.4 --out $(DEMO)/migration
	@echo
	@$(BIN)/cron2fargate scan fixtures/legacy-rails --format summary --image registry.example.com/shop:1.4 --out $(DEMO)/migration
	@echo; $(BIN)/cron2fargate review --accept-defaults --out $(DEMO)/migration
	@echo; $(BIN)/cron2fargate register -e sandbox --out $(DEMO)/migration --rehearse --quiet
	@echo; tools/demo_try.sh $(BIN)/cron2fargate $(DEMO)/shop.tar $(DEMO)/migration
	@echo; $(BIN)/cron2fargate report --out $(DEMO)/migration

test: $(VENV)/ready ## Run all tests, each with a share of the full number of examples
	$(BIN)/python $(PYTEST)

test-deep: $(VENV)/ready ## Run all tests with the full numbers: every example, every fault at every call
	TESTS=deep $(BIN)/python $(PYTEST)

newest: ## Try the newest libraries: say what breaks with them
	rm -rf .venv-newest
	tools/newest.sh

lint: $(VENV)/ready ## Check style, types and formatting
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(VENV)/ready ## Measure speed against peers; figures go to docs/speed.md
	$(BIN)/python -m benchmarks

docs: $(VENV)/ready ## Write the documents that are made from the code
	$(BIN)/python -m tools.programs
	$(BIN)/python -m tools.docs
	$(BIN)/python -m tools.man
	$(BIN)/python -m tools.messages

lock: ## Write requirements.lock anew from pyproject.toml; with UPGRADE=1 the newest of everything
	$(PYTHON) -m venv .venv-lock
	.venv-lock/bin/python -m pip install --quiet 'uv>=0.5'
	PYTHON=$(PYTHON) UV=.venv-lock/bin/uv tools/lock.sh $(if $(UPGRADE),--upgrade)

clean: ## Remove what the other habits made
	rm -rf .venv .venv-newest .venv-lock $(DEMO) .mypy_cache .ruff_cache .pytest_cache .hypothesis
