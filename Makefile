# make run and make test do all the set-up on a machine that has Python >= 3.11, git and make.
PYTHON ?= python3
UV_VERSION := 0.13.8
export UV_SYSTEM_CERTS := 1
# Use the uv that is there; otherwise put one into .uv/ from the package index.
UV := $(shell command -v uv 2>/dev/null || echo .uv/bin/uv)

.PHONY: help run test test-spark test-browser docs bench clean
help:            ## Show what there is to make
	@grep -hE '^[a-z-]+: .*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*##/\t/' | expand -t 14

.uv/bin/uv:
	@$(PYTHON) -c 'import sys; sys.exit("Refrain needs Python 3.11 or newer; this is " + sys.version.split()[0] if sys.version_info < (3, 11) else 0)'
	$(PYTHON) -m venv .uv
	.uv/bin/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

.venv/.synced: $(filter .uv/bin/uv,$(UV)) pyproject.toml uv.lock
	$(UV) sync --locked --quiet --python $(PYTHON)
	@touch $@

run: .venv/.synced     ## Install everything, then run all predictions
	.venv/bin/refrain run

test: .venv/.synced    ## Install everything, then lint and test
	.venv/bin/ruff check .
	.venv/bin/ruff format --check .
	.venv/bin/lint-imports
	.venv/bin/mypy
	.venv/bin/pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/browser

test-spark: $(filter .uv/bin/uv,$(UV))    ## Compare the features on PySpark with the embedded engine's (needs Java)
	@if command -v java >/dev/null; then \
	  UV_PROJECT_ENVIRONMENT=.venv-spark $(UV) run --locked --quiet --extra spark --python $(PYTHON) pytest tests/spark; \
	else echo "make test-spark skipped: PySpark needs a Java runtime, and there is no java on the PATH"; fi

test-browser: $(filter .uv/bin/uv,$(UV))    ## Drive every page of the dashboard in a real Chromium (needs one)
	@if [ -n "$$CHROMIUM" ] || command -v chromium >/dev/null || command -v chromium-browser >/dev/null; then \
	  run="$(UV) run --locked --quiet --group browser --python $(PYTHON) pytest tests/browser"; export UV_PROJECT_ENVIRONMENT=.venv-browser; \
	  $$run || { echo "What failed is run once more: a browser on a busy machine may be too late."; $$run --last-failed; }; \
	else echo "make test-browser skipped: there is no chromium on the PATH, and CHROMIUM names none"; fi

docs: $(filter .uv/bin/uv,$(UV))    ## Build the documentation as a site, into site/
	UV_PROJECT_ENVIRONMENT=.venv-docs $(UV) run --locked --quiet --no-dev --group docs --python $(PYTHON) \
	  sphinx-build -W --keep-going -q -b html docs site

BENCHMARKS := breakout_snapshot nothing_to_do full_run oracle_lift audience_oracle real_files streams_snapshot streams_brazil \
              streams_socials catalogue_charts catalogue_speed forecast_postgres churn_snapshot hourly_series collector_speed \
              collector_kill export_events contributions_speed predict_rows serving_speed serving_cases dashboard_pages

bench: .venv/.synced   ## Run every benchmark
	for name in $(BENCHMARKS); do .venv/bin/python -m benchmarks.$$name || exit 1; done

clean:           ## Remove what was installed and computed
	rm -rf .venv .venv-spark .venv-browser .venv-docs .uv site data/raw data/snapshots mlruns .prefect
