# Foyer. `make` alone lists what there is.
#
# The virtual environment is .venv. A target installs what it needs into it, once, and again when the pins change.

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check
COMPILE := $(BIN)/pip-compile --quiet --no-emit-index-url --no-emit-find-links --no-emit-trusted-host \
	--strip-extras --no-header --annotation-style=line
TEST_SETTINGS := DJANGO_SETTINGS_MODULE=tests.settings
ARGS ?=

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

# --- Run ----------------------------------------------------------------------------------------------------

.PHONY: run
run: $(VENV)/.simulator ## Run all of Foyer with a pretend tenant (PORT, SIMULATOR_PORT, VAR); Ctrl-C stops it
	@exec $(BIN)/python -m config.run

.PHONY: web
web: $(VENV)/.runtime ## Run the production web server, from the environment alone (PORT, WEB_WORKERS)
	@$(BIN)/python -m config.prepare
	@exec $(BIN)/python -m config.serve web

.PHONY: worker
worker: $(VENV)/.runtime ## Run a production worker with the periodic tasks (WORKER_CONCURRENCY)
	@$(BIN)/python -m config.prepare
	@exec $(BIN)/python -m config.serve worker

# --- Check --------------------------------------------------------------------------------------------------

.PHONY: test
test: $(VENV)/.dev ## Run the tests (ARGS="tests/ops -k health" for some of them)
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

.PHONY: lint
lint: $(VENV)/.dev ## Check style, layers, migrations and settings
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --check --quiet .
	@$(BIN)/lint-imports --no-logo --no-cache > $(VENV)/.lint-imports || { cat $(VENV)/.lint-imports; exit 1; }
	@$(TEST_SETTINGS) $(BIN)/python manage.py makemigrations --check --dry-run
	@$(TEST_SETTINGS) $(BIN)/python manage.py check --fail-level WARNING

.PHONY: types
types: $(VENV)/.dev ## Check the types (mypy --strict)
	@$(BIN)/mypy .

.PHONY: bench
bench: $(VENV)/.dev ## Measure beside the limits of this machine: the connector, or ARGS="connector queue memory"
	@$(BIN)/python -m bench $(ARGS)

.PHONY: chaos
chaos: $(VENV)/.dev ## Kill, cut off and mislead a whole installation, and see what it keeps (ARGS=--short)
	@$(BIN)/python -m chaos $(ARGS)

# --- Tend ---------------------------------------------------------------------------------------------------

.PHONY: messages
messages: $(VENV)/.dev ## Collect and compile the translations (needs gettext)
	@$(TEST_SETTINGS) $(BIN)/python manage.py makemessages --all --no-obsolete --no-wrap --add-location file \
		--ignore '$(VENV)' --ignore tests --ignore simulator --ignore var
	@$(TEST_SETTINGS) $(BIN)/python manage.py compilemessages --verbosity 0

.PHONY: pins
pins: $(VENV)/.dev ## Pin the newest versions that pyproject.toml allows
	@$(COMPILE) --upgrade --output-file requirements.txt pyproject.toml
	@$(COMPILE) --upgrade --extra simulator --constraint requirements.txt \
		--output-file requirements-simulator.txt pyproject.toml
	@$(COMPILE) --upgrade --extra simulator --extra dev --constraint requirements.txt \
		--constraint requirements-simulator.txt --output-file requirements-dev.txt pyproject.toml

# --- The virtual environment ----------------------------------------------------------------------------------

$(VENV)/.made:
	@for python in $(or $(PYTHON),python3.13 python3.12 python3.11 python3); do \
		if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2> /dev/null; then \
			$$python -m venv $(VENV) && touch $@ && exit 0; \
			echo "foyer: $$python could not make a virtual environment (on Debian: apt install python3-venv)" >&2; \
			rm -rf $(VENV); exit 1; \
		fi; \
	done; \
	echo "foyer: Python 3.11 or newer is needed (looked for $(or $(PYTHON),python3.13 python3.12 python3.11 python3)); set PYTHON to its path" >&2; \
	exit 1

$(VENV)/.runtime: requirements.txt | $(VENV)/.made
	@echo 'foyer: installing what $< pins into $(VENV)' >&2
	@$(PIP) --requirement requirements.txt
	@touch $@

$(VENV)/.simulator: requirements-simulator.txt requirements.txt | $(VENV)/.made
	@echo 'foyer: installing what $< pins into $(VENV)' >&2
	@$(PIP) --requirement requirements-simulator.txt
	@touch $@

$(VENV)/.dev: requirements-dev.txt requirements-simulator.txt requirements.txt | $(VENV)/.made
	@echo 'foyer: installing what $< pins into $(VENV)' >&2
	@$(PIP) --requirement requirements-dev.txt
	@touch $@
