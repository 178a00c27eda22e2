# The two commands are `make demo` and `make test`; `make` alone lists the others.
# For GNU make 3.81 (macOS) and later.

.DEFAULT_GOAL := help
SHELL := /bin/sh

PYTHON ?=
PYTEST_ARGS ?=
DEMO_ARGS ?=
SHARED ?= ../shared/data
PORT ?= 8765
DOWN_S ?= 120
SEED ?= 1
N ?= 500

NEWS := $(SHARED)/news/world_2023_h1.jsonl.gz
# Labelled entries: those of the test data, and our own, whose text is in the news or written by us.
LABELLED := --labels $(SHARED)/news/rss_labelled_2023h1.jsonl --news $(NEWS) \
	$(patsubst %,--labels %,$(sort $(wildcard learning/data/*.jsonl)))
BIN := .venv/bin
READY := .venv/.ready
PEER := .venv-traffic/.ready
STARTED := $(shell date +%s)

# The file READY says that .venv holds what the lock names. It doesn't count when .venv was copied
# from another folder or its Python is gone.
ifneq ($(shell test -x $(BIN)/python && grep -F "$(CURDIR)/.venv" $(BIN)/activate >/dev/null 2>&1 && echo yes),yes)
.PHONY: $(READY)
endif

.PHONY: help demo test lint parity real-news visits-check visits-curve visits-cost journeys-figures journeys-cost \
	memory compose-check kafka fake-slack faust-kills alertmanager stalls outage slow-slack burst \
	slack-kills crash latency secrets journeys-check venv lock clean

help: ## list the commands
	@echo "make COMMAND, where COMMAND is one of"
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  %-16s %s\n", $$1, $$2 }' Makefile

demo: $(READY) ## run the demonstration; its results are in demo-output/
	@$(BIN)/wheelsdown demo $(DEMO_ARGS)

test: lint ## run all checks and tests; PYTEST_ARGS="-k slack" picks some
	@echo "== tests"
	@$(BIN)/python -m pytest -n 2 --dist worksteal $(PYTEST_ARGS)
	@echo "All checks and tests passed in $$(( $$(date +%s) - $(STARTED) )) s"

lint: $(READY) ## run the checks only: style, format, types, imports
	@echo "== ruff check"
	@$(BIN)/python -m ruff check
	@echo "== ruff format --check"
	@$(BIN)/python -m ruff format --check
	@echo "== mypy"
	@$(BIN)/python -m mypy
	@echo "== lint-imports"
	@$(BIN)/lint-imports

parity: $(READY) ## compare embedded, Kafka and replay runs for all scenarios, not only two
	@WHEELSDOWN_SCENARIOS=all $(BIN)/python -m pytest -k "parity or radio_hole_kill" $(PYTEST_ARGS)

stalls: $(READY) ## kill a Faust worker ten times while its connection to the broker stalls
	@WHEELSDOWN_STALLS=10 $(BIN)/python -m pytest tests/integration/test_stalled_changelog.py

outage: $(READY) ## kill the broker for DOWN_S=120 seconds under a live run
	@$(BIN)/python bench/outage.py $(DOWN_S)

slow-slack: $(READY) ## deliver to a Slack that takes 20 s for each answer (seven minutes)
	@$(BIN)/python bench/slow_slack.py

burst: $(READY) ## bring a burst of 10,000 alerts to Slack at its real limits, in virtual time
	@$(BIN)/python bench/burst.py

slack-kills: $(READY) ## kill the Slack consumer 140 times under faults (half an hour)
	@$(BIN)/python bench/slack_kills.py --kills 100
	@$(BIN)/python bench/slack_kills.py --kills 40 --kafka

real-news: $(READY) ## replay the founding case among real news of 2023 (needs SHARED, the test data)
	@folder=$$(mktemp -d) && trap 'rm -rf "$$folder"' EXIT && \
	$(BIN)/python bench/real_news.py "$$folder" $(SHARED)

visits-check: $(READY) ## the reader of visits against its bars, on news never seen (needs SHARED)
	@$(BIN)/python bench/visits_check.py $(LABELLED)

visits-curve: $(READY) ## how good the reader is when taught on 500, 1,000, ... entries (needs SHARED)
	@$(BIN)/wheelsdown visits evaluate --curve $(LABELLED)

visits-cost: $(READY) ## time and memory of the reader and simpler ones, 99,031 entries (needs SHARED)
	@$(BIN)/python bench/visits_cost.py $(NEWS) $(LABELLED)

journeys-check: $(READY) $(PEER) ## movements of real tracks, beside the package traffic (needs SHARED)
	@$(BIN)/python bench/journeys_check.py $(SHARED)

journeys-figures: $(READY) ## grade N=500 simulated journeys drawn from SEED=1, and the press cases
	@$(BIN)/python bench/journeys.py --seed $(SEED) --journeys $(N)

journeys-cost: $(READY) ## CPU time and memory of the journeys stage, 24 simulated hours (two minutes)
	@$(BIN)/python bench/journeys_cost.py

memory: $(READY) ## resident memory of an embedded run over two minutes (needs SHARED)
	@$(BIN)/python bench/memory.py 120 $(SHARED)

faust-kills: $(READY) ## kill Faust workers 300 times, ours and plain Faust's (an hour)
	@$(BIN)/python bench/faust_kills.py --host ours --kills 100 --workers 1
	@$(BIN)/python bench/faust_kills.py --host ours --kills 100 --stops 20 --workers 2
	@$(BIN)/python bench/faust_kills.py --host plain --kills 50 --workers 1
	@$(BIN)/python bench/faust_kills.py --host plain --kills 50 --stops 10 --workers 2

crash: $(READY) ## kill the daemons at every crash point and at random, compare (half an hour)
	@$(BIN)/python bench/crash.py

latency: $(READY) ## time from a feed's answer to the message in Slack, nothing else going on (16 min)
	@$(BIN)/python bench/latency.py

secrets: $(READY) ## look for secrets in the debug logs of full runs in which everything fails
	@$(BIN)/python bench/secret_search.py

compose-check: ## check docker-compose.yml with the compose tool, where there is one
	@if docker compose version >/dev/null 2>&1; then \
		docker compose -f docker-compose.yml config -q && echo "docker-compose.yml is valid"; \
	elif command -v docker-compose >/dev/null 2>&1; then \
		docker-compose -f docker-compose.yml config -q && echo "docker-compose.yml is valid"; \
	else \
		echo "skipped: no compose tool here (on Debian: apt install docker-compose)"; \
	fi

kafka: $(READY) ## start a Kafka broker by hand (Java 17, Maven); Ctrl-C stops it
	@$(BIN)/python tests/fakes/kafka_broker.py

alertmanager: $(READY) ## Alertmanager beside this project on the same faults of Slack (two minutes)
	@$(BIN)/python bench/alertmanager.py

fake-slack: $(READY) ## start a Slack that only pretends, on 127.0.0.1; PORT=8765
	@$(BIN)/python tests/fakes/slack_server.py --port $(PORT)

venv: $(READY) ## make or update .venv; PYTHON=/path/to/python3 picks the Python

$(READY): requirements.lock pyproject.toml scripts/make-venv.sh
	@rm -f $@
	@PYTHON='$(PYTHON)' scripts/make-venv.sh
	@touch $@

$(PEER): bench/traffic.lock | $(READY)
	@echo "Installing traffic, to compare with, into .venv-traffic (1.1 GB)"
	@$(BIN)/python -m venv --clear .venv-traffic
	@.venv-traffic/bin/python -m pip --quiet --disable-pip-version-check install \
		--require-hashes -r bench/traffic.lock
	@touch $@

# uv keeps the versions that the lock has, where they still fit; delete the lock to renew them all.
lock: $(READY) ## write requirements.lock anew from pyproject.toml, and that of the bench
	@tools=$$(mktemp -d) && trap 'rm -rf "$$tools"' EXIT && \
	$(BIN)/python -m venv "$$tools" && \
	"$$tools/bin/python" -m pip --quiet --disable-pip-version-check install uv && \
	"$$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header --group dev pyproject.toml \
		-o requirements.lock && \
	"$$tools/bin/uv" pip compile --quiet --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-emit-find-links --no-header bench/traffic.in -o bench/traffic.lock

clean: ## remove .venv, caches and the demonstration's results
	rm -rf .venv .venv-traffic .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache demo-output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
