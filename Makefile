# `make run` and `make test` are all that a fresh clone needs: each makes or refreshes .venv from the lock file first.

# Not `?=`: some shells export HOST as the machine's name. `make run HOST=0.0.0.0` overrides.
HOST = 127.0.0.1
PORT = 5005
# More for pytest: make test ARGS="-k gift -x"
ARGS =

export RASA_TELEMETRY_ENABLED = false
export SQLALCHEMY_SILENCE_UBER_WARNING = 1
export TF_CPP_MIN_LOG_LEVEL = 3

BIN = .venv/bin
UV_COMPILE = uv pip compile --quiet --upgrade --python-version 3.10 --universal --generate-hashes \
	--no-emit-index-url --no-emit-find-links --no-header

.DEFAULT_GOAL = help
.PHONY: help run test train chat lint lint-code lint-web lint-data validate format coverage mutants bench-attacks bench-nlu bench-claims bench-conversations bench-counter bench-faults bench-language bench-server bench-triage lock clean env env-dev env-sdk

help: ## Show this list
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' Makefile

run: env ## Train if needed and serve the bot (HOST=127.0.0.1 PORT=5005)
	$(BIN)/shaofa run --host $(HOST) --port $(PORT)

test: env-dev ## Train if needed and run all tests (ARGS="-k gift -x")
	$(BIN)/shaofa train
	$(BIN)/pytest $(ARGS)

train: env ## Train the model if anything it depends on changed
	$(BIN)/shaofa train

chat: env ## Talk to the bot in the terminal
	$(BIN)/shaofa chat

lint: lint-code lint-web lint-data validate ## Check style, types, room borders and training data

lint-code: env-dev ## The quick part of lint: ruff, mypy, import-linter
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

lint-web: ## Check the types of the widget and the demo page (with node; without it, say so)
	@sh tools/lint_web.sh

lint-data: env-dev ## Check the training examples: entities on token borders, doubles, too few, in the wrong file
	$(BIN)/python tools/lint_nlu.py

validate: env-dev ## Let Rasa check domain, stories and training data
	$(BIN)/rasa data validate --fail-on-warnings

format: env-dev ## Put the code in shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

coverage: env-dev ## The heart, bot.claims, is tested by its own tests, every line and branch of it
	$(BIN)/pytest tests/claims --quiet -m "not hypothesis" --cov=bot.claims --cov-fail-under=100

mutants: env-dev ## Break the compensation in every small way and see whether its tests notice (minutes)
	rm -rf mutants
	$(BIN)/mutmut run
	$(BIN)/mutmut results

bench-nlu: env-dev ## Measure how well messages are understood (ARGS=--stock: beside Rasa's stock recipe)
	$(BIN)/python -m bench.nlu $(ARGS)

bench-attacks: env-dev ## A thousand attempts to get money out of the bot, through every door (ARGS="--attempts 70")
	$(BIN)/python -m bench.attacks $(ARGS)

bench-claims: env-dev ## Time a million compensations, and verdicts (ARGS="--cases 10000")
	$(BIN)/python -m bench.claims $(ARGS)

bench-conversations: env-dev ## A scripted buyer holds whole conversations: are the ends right (ARGS="--goals 20 --show 5")
	$(BIN)/python -m bench.conversations $(ARGS)

bench-language: env-dev ## Numbers, sums and days beside cn2an, JioNLP and WeTextProcessing (installs them for the moment)
	$(BIN)/python -m bench.language

bench-counter: env-dev ## How quick the counter's lists are with 100,000 conversations (ARGS="--conversations 5000")
	$(BIN)/python -m bench.counter $(ARGS)

bench-faults: env-dev ## Make faults on purpose, and count what they lose, double or leave wrong (ARGS=--quick: a minute)
	$(BIN)/python -m bench.faults $(ARGS)

bench-server: env-dev ## Measure what a message costs over HTTP (ARGS="--before PATH": beside another checkout)
	$(BIN)/python -m bench.server $(ARGS)

bench-triage: env-dev ## How many rows of a sheet are read through in a second (ARGS="--rows 100000")
	$(BIN)/python -m bench.triage $(ARGS)

lock: ## Pin anew what requirements*.in ask for (needs uv)
	$(UV_COMPILE) requirements.in -o requirements.lock
	$(UV_COMPILE) -c requirements.lock requirements-dev.in -o requirements-dev.lock
	$(UV_COMPILE) tests/sdk/requirements.in -o tests/sdk/requirements.lock

clean: ## Remove models and caches; keeps .venv, claims and orders
	rm -rf models results .rasa .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis .coverage mutants
	find . -name .venv -prune -o -type d -name __pycache__ -exec rm -rf {} +

env-sdk: env-dev ## The official SDKs that the doors are tested with, in .venv-sdk (the tests make it too)
	$(BIN)/python -m tests.sdk.environment

env:
	@sh tools/setup.sh run

env-dev:
	@sh tools/setup.sh dev
