# Habits: demo, test, lint, bench, docs, clean. Each sets up what it needs.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
DEMO := demo-out

.PHONY: demo test lint bench docs clean help

help: ## Say what there is
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/'

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --editable '.[rehearse,dev]'
	touch $@

demo: $(VENV)/ready ## Scan a legacy server, write specs and a report, rehearse the registration
	rm -rf $(DEMO)
	$(BIN)/cron2fargate scan fixtures/legacy-rails --image registry.example.com/shop:1.4 --out $(DEMO)/migration
	$(BIN)/cron2fargate review --accept-defaults --out $(DEMO)/migration
	$(BIN)/cron2fargate report --out $(DEMO)/migration
	$(BIN)/cron2fargate register -e sandbox --out $(DEMO)/migration --rehearse
	@echo; echo "Look at $(DEMO)/migration/report.html and $(DEMO)/migration/jobs/"

test: $(VENV)/ready ## Run all tests
	$(BIN)/python -m pytest -m "not real" -n auto --dist loadfile
	$(BIN)/python -m pytest -m real

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

clean: ## Remove what the other habits made
	rm -rf $(VENV) $(DEMO) .mypy_cache .ruff_cache .pytest_cache .hypothesis
