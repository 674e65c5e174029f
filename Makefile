# Needs GNU make and any Python from 3.11 to 3.14; everything else is fetched from the package registries.
# Plain `make` lists the words.

SHELL := /bin/sh
.DEFAULT_GOAL := help
STATE := $(or $(TRIBUTARY_STATE),$(CURDIR)/.local)
UV_VERSION := 0.13.9
UV := $(STATE)/uv/bin/uv
PY := .venv/bin/python
TEST_LIMIT ?= 1700
WORKERS ?= 2

# A distribution's own Python is built with profile-guided optimisation and is faster than one that pyenv compiled.
CANDIDATES := /usr/bin/python3.13 /usr/bin/python3.12 /usr/bin/python3.14 /usr/bin/python3.11 /usr/bin/python3 \
  /usr/local/bin/python3 python3.13 python3.12 python3.14 python3.11 python3 \
  $(wildcard $(HOME)/.pyenv/versions/3.1[1-4].*/bin/python3)
FITS := import sys; (3, 11) <= sys.version_info[:2] < (3, 15) or sys.exit(1); print(sys.executable)
PYTHON ?= $(shell for p in $(CANDIDATES); do x=$$("$$p" -c '$(FITS)' 2>/dev/null) && { echo "$$x"; break; }; done)

# Where the home is not writable, caches live in the project.
WRITABLE := $(shell [ -n "$$HOME" ] && mkdir -p "$$HOME/.cache" 2>/dev/null && [ -w "$$HOME/.cache" ] && echo yes)
ifeq ($(WRITABLE),)
export HOME := $(STATE)/home
endif
export UV_CACHE_DIR ?= $(if $(WRITABLE),$(HOME)/.cache/uv,$(STATE)/cache/uv)
export UV_PYTHON_DOWNLOADS ?= $(if $(PYTHON),never,automatic)
export UV_SYSTEM_CERTS ?= 1
unexport VIRTUAL_ENV PYTHONPATH PYTHONHOME UV_PYTHON UV_PROJECT_ENVIRONMENT

MEMBERS := $(patsubst %/pyproject.toml,%,$(wildcard libs/*/pyproject.toml services/*/pyproject.toml deploy/local/pyproject.toml web/door/pyproject.toml))
PROJECTS := pyproject.toml $(MEMBERS:%=%/pyproject.toml)
SERVICES := leads territory campaigns metrics
# The smaller set is enough to run; once the whole is there it serves for everything.
RUN := $(if $(wildcard .venv/.all),.venv/.all,.venv/.embedded)
ALL := .venv/.all
QUIET := $(shell [ -t 2 ] || echo --quiet)

.PHONY: help demo test up verify replay trace faults bench contracts check fmt web images clean mutants alarms roll release artifacts partitions lock

help: ## Lists these words.
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{printf "%-13s %s\n", $$1, $$2}'

demo: $(RUN) ## Sets everything up, plays a small market and shows live KPIs; SECONDS=30 ends it by itself.
	@exec $(PY) -m tributary demo $(if $(SECONDS),--seconds $(SECONDS))

test: $(ALL) ## Runs every test on a real Kafka and a real Postgres; ONLY=path runs some.
	@exec $(if $(shell command -v timeout),timeout -k 20 $(TEST_LIMIT)) $(PY) -m pytest -n $(WORKERS) $(ONLY)

up: $(RUN) ## Keeps the stack up in the foreground; MARKET=1 loads the small market.
	@exec $(PY) -m tributary up $(if $(MARKET),--market)

verify: $(RUN) ## Checks every invariant over the running stack and names each violation.
	@exec $(PY) -m tributary verify

replay: $(RUN) ## Judges FILE=leads.csv [OUTCOMES=deals.csv] [MAP=mapping.yaml] [LIST=name] and plays it through the batch door; see docs/imports.md.
	@test -n "$(FILE)" || { echo "Say which file: make replay FILE=leads.csv [OUTCOMES=deals.csv] [MAP=mapping.yaml] [LIST=name]"; exit 2; }
	@exec $(PY) -m tributary replay "$(FILE)" $(if $(OUTCOMES),--outcomes "$(OUTCOMES)") $(if $(MAP),--map "$(MAP)") \
	  $(if $(LIST),--list "$(LIST)") $(if $(ENCODING),--encoding "$(ENCODING)") $(if $(SEPARATOR),--separator "$(SEPARATOR)") \
	  $(if $(HEADER),--header "$(HEADER)") $(if $(COLUMNS),--columns "$(COLUMNS)") $(if $(DATES),--dates "$(DATES)") $(if $(ZONE),--zone "$(ZONE)")

trace: $(RUN) ## Shows the way of LEAD=id through all services, and what it waited for at each hop.
	@test -n "$(LEAD)" || { echo "Say which lead: make trace LEAD=id"; exit 2; }
	@exec $(PY) -m tributary trace "$(LEAD)"

faults: $(ALL) ## Kills and starves parts of a loaded stack, then checks the invariants; SECONDS=60 SEED=1 BROKERS=3 RATE=200.
	@exec $(PY) -m tributary faults $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(if $(BROKERS),--brokers $(BROKERS)) $(if $(RATE),--rate $(RATE))

bench: $(ALL) ## Measures the walk, overload and growth beside others, into bench/RESULTS.md; ONLY=growth runs a part.
	@exec $(PY) -m bench $(if $(ONLY),--only $(ONLY))

contracts: $(ALL) ## Writes schemas, AsyncAPI, topics, catalogue and each service's OpenAPI document, and names what breaks a reader or a caller.
	@$(PY) -m contracts.export
	@for s in $(SERVICES); do $(PY) -m $$s openapi > services/$$s/openapi.json || exit 1; done
	@$(PY) -m contracts.compatibility
	@$(PY) -m contracts.doors
	@$(PY) -m tributary.operations

check: $(ALL) ## Format, lint, types, imports and contracts; changes nothing.
	@.venv/bin/ruff format --check .
	@.venv/bin/ruff check .
	@.venv/bin/mypy -p contracts -p chassis -p chassis_testing -p values $(SERVICES:%=-p %) -p tributary -p session_door
	@.venv/bin/lint-imports
	@$(PY) -m contracts.export --check
	@$(PY) -m contracts.compatibility
	@$(PY) -m contracts.doors
	@$(PY) -m tributary.operations --check

fmt: $(ALL) ## Puts every file into the one format and sorts its imports.
	@.venv/bin/ruff check --quiet --select I --fix .
	@.venv/bin/ruff format --quiet .

web: $(ALL) ## Builds the page into web/dist, with the types of the doors, and runs its own tests.
	@exec $(PY) web/build.py

images: ## Builds the container images of every service, the session door and the gateway; TRIBUTARY_VERSION tags them, else they are called dev.
	@command -v docker >/dev/null || { echo "Images are built by Docker, and there is no docker here."; exit 2; }
	@for s in $(SERVICES); do docker build $(QUIET) --build-arg SERVICE=$$s -t tributary/$$s:$(or $(TRIBUTARY_VERSION),dev) -f deploy/Dockerfile . || exit 1; done
	@for s in door gateway; do docker build $(QUIET) --target $$s -t tributary/$$s:$(or $(TRIBUTARY_VERSION),dev) -f deploy/Dockerfile . || exit 1; done

mutants: $(ALL) ## Plants bugs in copies of the tree and sees the suite find each; ONLY=word plants some.
	@exec $(PY) tests/mutants $(ONLY)

alarms: $(ALL) ## Makes every alert ring by a real fault in a running stack; some five minutes, ONLY=word makes some.
	@exec $(PY) -m pytest tests/e2e/alarms.py $(if $(ONLY),-k "$(ONLY)")

roll: $(ALL) ## Exchanges each service under load for the build on record and back; some four minutes.
	@exec $(PY) -m pytest tests/release/roll.py

release: $(ALL) ## Puts SERVICE=leads [VERSION=1.4.0] on record: version, changelog, what it promises; refuses what breaks somebody.
	@test -n "$(SERVICE)" || { echo "Say which service: make release SERVICE=leads"; exit 2; }
	@exec $(PY) -m tributary.release cut "$(SERVICE)" $(if $(VERSION),--version "$(VERSION)")

artifacts: $(ALL) $(UV) ## Builds SERVICE=leads of the committed tree: wheels, list of parts, provenance, and the image where there is an engine.
	@test -n "$(SERVICE)" || { echo "Say which service: make artifacts SERVICE=leads"; exit 2; }
	@exec $(PY) -m tributary.release build "$(SERVICE)"

partitions: $(RUN) ## Gives TOPIC=leads.lead NUMBER=8 partitions while the stack is up; each key keeps its order.
	@test -n "$(TOPIC)" && test -n "$(NUMBER)" || { echo "Say which and how many: make partitions TOPIC=leads.lead NUMBER=8"; exit 2; }
	@exec $(PY) -m tributary partitions "$(TOPIC)" "$(NUMBER)"

lock: $(UV) ## Resolves all dependencies anew into the committed lists; UPGRADE=1 takes newer versions.
	@$(UV) lock --python "$(PYTHON)" $(if $(UPGRADE),--upgrade)
	@$(EXPORT) --all-groups --all-packages -o requirements.lock
	@$(EXPORT) --package tributary-local --no-default-groups -o requirements.embedded.lock
	@mkdir -p deploy/images
	@for s in $(SERVICES) door; do $(EXPORT) --package tributary-$$s --no-default-groups -o deploy/images/$$s.lock || exit 1; done
	@echo 'hatchling==1.27.0' | $(UV) pip compile --quiet --python "$(PYTHON)" --universal --generate-hashes --no-header --no-annotate - -o deploy/images/build.lock
EXPORT = $(UV) export --quiet --python "$(PYTHON)" --no-emit-workspace --no-header --no-annotate

clean: ## Forgets the data of the local stack; what was downloaded stays.
	@test ! -x $(PY) || exec $(PY) -m tributary clean

# --- how the tools get here

$(ALL): requirements.lock $(PROJECTS) | $(UV)
	$(call prepare,sync --require-hashes requirements.lock,requirements.lock)
	@touch .venv/.all .venv/.embedded

.venv/.embedded: requirements.embedded.lock $(PROJECTS) | $(UV)
	$(call prepare,install --require-hashes -r requirements.embedded.lock,requirements.embedded.lock)
	@touch $@

define prepare
@echo "installing $$(grep -c == $(2)) Python packages into .venv"
@$(PY) -c '' 2>/dev/null || $(UV) venv --quiet --clear --python "$(or $(PYTHON),>=3.11,<3.15)" .venv
@$(UV) pip $(1) --python $(PY) $(QUIET)
@$(UV) pip install --quiet --python $(PY) --no-deps $(MEMBERS:%=-e %)
endef

$(UV):
	@echo "installing uv $(UV_VERSION) into $(STATE)/uv"
	@mkdir -p "$(STATE)/uv/bin"; new="$(STATE)/uv/new"; asked="install -q --disable-pip-version-check uv==$(UV_VERSION)"; \
	for p in $(PYTHON) $(CANDIDATES); do \
	  rm -rf "$$new"; \
	  { "$$p" -m venv "$$new" >/dev/null 2>&1 && "$$new/bin/python" -m pip $$asked; } && break; \
	  rm -rf "$$new"; \
	  "$$p" -m pip $$asked --target "$$new" 2>/dev/null && break; \
	done; \
	test -x "$$new/bin/uv" || { echo "uv $(UV_VERSION) could not be installed: is there a Python with pip, and does PIP_INDEX_URL name your mirror?"; exit 1; }; \
	cp "$$new/bin/uv" "$@.new" && mv "$@.new" "$@" && rm -rf "$$new"
