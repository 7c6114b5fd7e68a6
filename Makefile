.PHONY: demo test lint types contracts unit coverage determinism engines bench fuzz format requirements docs screenshots clean

DEMO := build/demo
BIN := .venv/bin
unexport PYTHONDONTWRITEBYTECODE  # hundreds of processes start in the tests; each would compile everything again

demo: ## Set up, make the demonstration company, run the line, write an audit package
	@tools/setup.sh run
	@rm -rf $(DEMO)
	@$(BIN)/twofold demo $(DEMO)

test: ## Set up and run every check and test
	@tools/setup.sh dev
	@$(MAKE) --no-print-directory -j 2 lint types contracts unit

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

contracts:
	$(BIN)/lint-imports

# DuckDB sets up every operator of a plan anew for each of thousands of small runs: pieces of memory up to 1 MiB that are
# kept at hand take a seventh of the time of the cases away. It changes no result.
unit mutation: export GLIBC_TUNABLES := glibc.malloc.tcache_max=1032192:glibc.malloc.tcache_count=60000
unit:
	$(BIN)/python -m pytest -n 2 --dist worksteal -q

coverage: ## Run the tests and tell which branches they leave out
	@tools/setup.sh dev
	$(BIN)/python -m pytest -n 2 --dist worksteal -q --cov --cov-report=term:skip-covered

determinism: ## Run every case of every control test in several arrangements of its rows; the bytes must be the same (about an hour)
	@tools/setup.sh dev
	TWOFOLD_EVERY_CASE=1 $(BIN)/python -m pytest -n 2 -q tests/controltests/test_determinism.py tests/controltests/test_cases.py

engines: ## Run golden cases and random companies of every control test on Apache Spark too; the bytes must be those of DuckDB (an hour)
	@tools/setup.sh dev
	@tools/setup.sh engines
	PYTHONPATH=build/spark $(BIN)/python -m pytest -q tests/conformance/test_engines.py

bench: ## Measure against floors taken in the same run: the line, the control tests, the stores, the log, the package, the site (over an hour)
	@tools/setup.sh dev
	@tools/setup.sh bench
	$(BIN)/python tools/bench/line.py
	PYTHONPATH=build/bench $(BIN)/python tools/bench/rules.py
	$(BIN)/python tools/bench/stores.py
	$(BIN)/python tools/bench/package.py
	$(BIN)/python tools/bench/log.py
	$(BIN)/python tools/bench/site.py

fuzz: ## Change packages and databases at random, and kill commands at random moments (about an hour)
	@tools/setup.sh dev
	$(BIN)/python tools/fuzz/package.py
	$(BIN)/python tools/fuzz/database.py
	$(BIN)/python tools/fuzz/kill.py

mutation: ## Ask each rule and its second opinion about 10,000 random populations; change the SQL of each rule, condition by condition (hours)
	@tools/setup.sh dev
	$(BIN)/python -m pytest -q tests/second_opinion/test_rules.py --populations 10000
	$(BIN)/python -m pytest -q tests/second_opinion/test_conflicts.py --populations 1000
	$(BIN)/python tools/fuzz/mutation.py

format: ## Put the code into its form
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: ## Make the pages that are made from code
	$(BIN)/python -m twofold.tables.document > docs/formats/tables.md
	$(BIN)/python -m twofold.populations.document > docs/formats/steps.md

screenshots: ## Take pictures of each screen of the demonstration company, for docs/screens.md (needs Chromium; minutes)
	@tools/setup.sh dev
	$(BIN)/python tools/screenshots.py

requirements: ## Renew the hashed requirements (needs uv)
	uv export --quiet --no-header --format requirements-txt --no-emit-project --no-dev --group build --output-file requirements/run.txt
	uv export --quiet --no-header --format requirements-txt --no-emit-project --all-extras --no-extra spark --group dev --output-file requirements/dev.txt
	uv export --quiet --no-header --format requirements-txt --no-emit-project --only-group engines --output-file requirements/engines.txt
	uv export --quiet --no-header --format requirements-txt --no-emit-project --only-group bench --output-file requirements/bench.txt

clean:
	rm -rf build .venv dist
