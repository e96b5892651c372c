# From nothing: git, make and Python 3.11 or newer with venv are enough. `make` alone prints what there is.

PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c 'import sys; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo "$$p" && break; done)
UV := $(or $(shell command -v uv 2>/dev/null),.venv/bin/uv)
INSTALL = $(UV) pip install --quiet --python .venv/bin/python --require-hashes -r
BIN = .venv/bin

# Where a shell forbids Python to keep what it has compiled, every process compiles everything again: seconds of each.
unexport PYTHONDONTWRITEBYTECODE

# The embedded mode, whatever services the shell knows of; for test-services, both of them.
EMBEDDED = env -u DATABASE_URL -u REDIS_URL
SERVICES = env DATABASE_URL="$${DATABASE_URL:-postgres://postgres@127.0.0.1:5432/downhill}" \
	REDIS_URL="$${REDIS_URL:-redis://127.0.0.1:6379/9}"
PARALLEL = -n auto
# Journeys, faults and races wait for others most of the time. With two more than there are cores each would start a
# browser and a Downhill for nothing: 399 s instead of 381 on two cores.
CROWDED = -n $(shell echo $$(($$(getconf _NPROCESSORS_ONLN) + 1)))

.PHONY: help run quick test fuzz test-services test-compose lint types rules check lock bench load pictures settings data-map notices sbom \
	audit env
.DEFAULT_GOAL := help

help:
	@echo "make run            start Downhill on http://127.0.0.1:8000 (PORT=8001 make run for another port)"
	@echo "LAN=1 make run      start it for the phones in the room: prints the address that they open, and new passwords"
	@echo "make quick          the tests of a minute: no browser, no process that is killed, no long computation"
	@echo "make test           the test suite; needs no service"
	@echo "make fuzz           what no page would send, to every call, form and admin page (FUZZ_EXAMPLES=40 of each)"
	@echo "make test-services  what depends on the engine, on PostgreSQL and Redis (DATABASE_URL, REDIS_URL)"
	@echo "make test-compose   build the containers, and update, restart, upgrade and restore them under load"
	@echo "make lint           format, lint, types, imports, migrations, content, Docker, locks"
	@echo "make check          make lint, then make test"
	@echo "make bench          benchmarks, with ratios from one run"
	@echo "make load           classes of 40 and 200 and a herd at the door, and how many students this computer carries"
	@echo "make pictures       take the pictures in docs/ again, from the running program"
	@echo "make settings       write docs/settings.md again, after a change of .env.example"
	@echo "make data-map       write the table in docs/privacy.md again, after a change of privacy/data_map.py"
	@echo "make notices        write THIRD_PARTY_NOTICES again, after a change of the locks"
	@echo "make sbom           write sbom.json, a CycloneDX bill of materials of the locks; needs the network once"
	@echo "make audit          ask whether anything in the locks has a known fault; needs the network"
	@echo "make lock           resolve pyproject.toml again into the hashed requirements files"
	@echo "make env URL=…      write .env for a server, with fresh secrets; needs Docker and nothing else"

run: .venv/.runtime
	@$(BIN)/python manage.py up

quick: .venv/.installed
	$(EMBEDDED) $(BIN)/pytest $(PARALLEL) -m "not (journey or faults or race or benchmark or compose or slow)" $(ARGS)

test: .venv/.installed
	$(EMBEDDED) $(BIN)/pytest $(CROWDED) -m "not benchmark and not compose" $(ARGS)

# The tests have a short form of it.
fuzz: .venv/.installed
	$(EMBEDDED) FUZZ_EXAMPLES="$${FUZZ_EXAMPLES:-40}" $(BIN)/pytest tests/fuzz tests/downhill/test_admin_fuzz.py \
		$(PARALLEL) -rP $(ARGS)

test-services: .venv/.installed
	$(SERVICES) $(BIN)/pytest $(CROWDED) -m "services and not benchmark" $(ARGS)

test-compose: .venv/.installed
	$(EMBEDDED) $(BIN)/pytest tests/compose -m compose -n 0 -o faulthandler_timeout=1800 $(ARGS)

bench: .venv/.installed
	$(EMBEDDED) $(BIN)/pytest tests/benchmarks -m benchmark -s $(ARGS)

# As it would serve here: with DATABASE_URL and REDIS_URL on those services.
load: .venv/.installed
	@$(BIN)/pytest tests/benchmarks/load.py -n 0 -s -q $(ARGS)

pictures: .venv/.installed
	$(EMBEDDED) $(BIN)/pytest tests/journeys/pictures.py -n 0 $(ARGS)

settings: .venv/.installed
	$(EMBEDDED) $(BIN)/python -m tests.conventions.settings_table

data-map: .venv/.installed
	$(EMBEDDED) DJANGO_SETTINGS_MODULE=downhill.settings $(BIN)/python -m tests.privacy.data_map_table

notices: .venv/.installed
	$(EMBEDDED) $(BIN)/python -m tests.conventions.notices

# Tools that are fetched when they are asked for, and installed nowhere.
sbom: $(UV)
	$(UV) tool run --quiet --from cyclonedx-bom==7.5.0 cyclonedx-py requirements requirements.txt \
		--pyproject pyproject.toml --output-reproducible -o sbom.json
	@echo "Wrote sbom.json (CycloneDX)."

# Strict: a package that could not be asked about is an error too, where the database is out of reach.
audit: $(UV)
	@$(UV) tool run --quiet --from pip-audit==2.10.1 pip-audit --strict --disable-pip --require-hashes \
		-r requirements.txt || { echo "Not audited, or something was found: it stands above. The database of known" \
		"faults is on the network, and no audit is possible without it." >&2; exit 1; }

env:
	@deploy/env $(URL)

check: lint
	$(MAKE) test

# In two parts, which `make -j2 lint` runs side by side.
lint: types rules

types: .venv/.installed
	$(BIN)/mypy

rules: .venv/.installed
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/djlint --lint templates
	$(BIN)/oxlint --deny-warnings
	$(BIN)/lint-imports
	$(EMBEDDED) $(BIN)/python manage.py makemigrations --check --dry-run
	$(EMBEDDED) HTTPS=1 PUBLIC_URL=https://downhill.test $(BIN)/python manage.py check --deploy --fail-level WARNING
	$(EMBEDDED) $(BIN)/python manage.py check_content
	$(BIN)/check-jsonschema --builtin-schema vendor.compose-spec docker-compose.yml
	$(BIN)/hadolint Dockerfile
	@! grep -nE 'https?://|index-url|find-links' requirements*.txt || \
		{ echo "The lock files name a host; run make lock without index settings in them." >&2; exit 1; }

# Hashes and no host names: the files install with any index. uv.lock and pylock.toml would record hosts.
COMPILE = $(UV) pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make lock" pyproject.toml
lock: .venv/bin/python $(UV)
	$(COMPILE) --extra worker -o requirements.txt
	$(COMPILE) -c requirements.txt -o requirements-web.txt
	$(COMPILE) --extra worker --group dev -c requirements.txt -o requirements-dev.txt

.venv/bin/python:
	@test -n "$(PYTHON)" && "$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
		echo "Downhill needs Python 3.11 or newer; install it, or name one: make PYTHON=/path/to/python3 …" >&2; exit 1; }
	@test "$(UV)" != .venv/bin/uv || "$(PYTHON)" -c 'import ensurepip, venv' 2>/dev/null || { \
		echo "Python's venv module is missing; on Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@echo "Making the environment in .venv with $(PYTHON) …"
	@if [ "$(UV)" = .venv/bin/uv ]; then "$(PYTHON)" -m venv .venv; else "$(UV)" venv --quiet --python "$(PYTHON)" .venv; fi

# Only where uv is not on the PATH.
.venv/bin/uv: .venv/bin/python
	@.venv/bin/python -m pip install --quiet --disable-pip-version-check uv

# What running needs; what testing needs (the same versions and more).
.venv/.runtime: requirements.txt .venv/bin/python $(UV)
	@echo "Installing what Downhill needs …"
	@$(INSTALL) requirements.txt
	@touch $@

.venv/.installed: requirements-dev.txt .venv/bin/python $(UV)
	@echo "Installing what Downhill and its tests need …"
	@$(INSTALL) requirements-dev.txt
	@touch .venv/.runtime $@
