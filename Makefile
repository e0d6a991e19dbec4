# Everything from a machine that has only make and python3. `make run`, `make test`, and the rest.

PYTHON := .venv/bin/python
UV_EXPORT := .venv/bin/uv export --quiet --locked --no-emit-project --no-header

.PHONY: help run test test-browser check bench clauses messages lock clean

help:
	@echo "make run           set everything up and serve on PORT (8000); Ctrl-C stops all of it"
	@echo "make test          set everything up and run every test"
	@echo "make test-browser  every page in every language and size in a real browser"
	@echo "make check         linters, types, import contracts, migrations, contract files"
	@echo "make bench         the benchmarks, each beside its limit"
	@echo "make clauses       which rule and which policy clause is proved by which test"
	@echo "make messages      put what pages say into the catalogs; names what is to be translated"
	@echo "make lock          lock the newest allowed dependencies and export them"
	@echo "make clean         remove what these commands made, but for the data in var/"

run: .stamps/runtime
	@$(PYTHON) -m crm_service serve

# A process a core, each with a PostgreSQL of its own; a file's tests stay together.
test: .stamps/dev .stamps/system
	@$(PYTHON) -m pytest --numprocesses auto --dist loadfile $(PYTEST_ARGS)

test-browser: .stamps/dev .stamps/system
	@BROWSER_TESTS=all $(PYTHON) -m pytest -m browser $(PYTEST_ARGS)

check: .stamps/dev
	@scripts/check.sh

bench: .stamps/dev .stamps/system
	@$(PYTHON) -m bench

clauses: .stamps/dev .stamps/system
	@$(PYTHON) -m pytest -q -m "rule or clause" --clauses $(PYTEST_ARGS)

messages: .stamps/dev
	@$(PYTHON) -m crm_service.pages.extracting

lock: .stamps/dev
	.venv/bin/uv lock --upgrade
	$(UV_EXPORT) --no-dev --group build --extra embedded --output-file requirements.txt
	$(UV_EXPORT) --all-groups --extra embedded --output-file requirements-dev.txt
	$(UV_EXPORT) --no-dev --group build --output-file deploy/requirements.txt

clean:
	rm -rf .venv .stamps .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -rf artifacts build dist *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.stamps/runtime: requirements.txt pyproject.toml scripts/bootstrap.sh
	@scripts/bootstrap.sh packages requirements.txt
	@mkdir -p .stamps && touch $@

.stamps/dev: requirements-dev.txt pyproject.toml scripts/bootstrap.sh
	@scripts/bootstrap.sh packages requirements-dev.txt
	@mkdir -p .stamps && touch $@ .stamps/runtime

.stamps/system: scripts/bootstrap.sh
	@scripts/bootstrap.sh system
	@mkdir -p .stamps && touch $@
