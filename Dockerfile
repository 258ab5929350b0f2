# syntax=docker/dockerfile:1
# One image for everything that runs: the API, the schedule's worker, the pages of Prefect and MLflow, the dashboard.

FROM python:3.11-slim-bookworm AS build
# The uv of the Makefile; from the package index, as there.
ARG UV_VERSION=0.13.8
RUN pip install --no-cache-dir uv==${UV_VERSION}
# Beside /app, so that a checkout can be mounted over that. Bytecode is made here: who runs it may not write it.
ENV UV_PROJECT_ENVIRONMENT=/opt/venv UV_CACHE_DIR=/var/cache/uv UV_LINK_MODE=copy UV_COMPILE_BYTECODE=1 UV_PYTHON_DOWNLOADS=never
WORKDIR /app
# The libraries first: they change seldom, and the code often.
COPY pyproject.toml uv.lock ./
RUN --mount=type=cache,target=/var/cache/uv \
    uv sync --locked --no-dev --extra postgres --extra dashboard --no-install-project
COPY README.md params.yaml dvc.yaml dvc.lock prefect.yaml .dvcignore ./
COPY .dvc/config .dvc/config
COPY refrain refrain
COPY contracts contracts
COPY sources sources
COPY features features
COPY models models
COPY tasks tasks
COPY flows flows
COPY serving serving
COPY dashboard dashboard
RUN --mount=type=cache,target=/var/cache/uv \
    uv sync --locked --no-dev --extra postgres --extra dashboard \
    && python -m compileall -q refrain contracts sources features models tasks flows serving dashboard

FROM python:3.11-slim-bookworm
# git says of which commit a model was trained.
RUN apt-get update \
    && apt-get install --yes --no-install-recommends git=1:2.39.* \
    && rm -rf /var/lib/apt/lists/* \
    && useradd --uid 1000 --create-home refrain \
    && install --directory --owner=refrain --group=refrain /app /app/data /app/mlruns /app/.prefect /artifacts
COPY --from=build /opt/venv /opt/venv
COPY --from=build --chown=refrain:refrain /app /app
ENV PATH=/opt/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    DO_NOT_TRACK=1 \
    MLFLOW_DISABLE_TELEMETRY=true \
    MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR=false \
    PREFECT_SERVER_ANALYTICS_ENABLED=false
USER 1000:1000
WORKDIR /app
EXPOSE 8000
# Of what the image does by itself; the services of compose.yaml that do something else have checks of their own.
HEALTHCHECK --interval=10s --timeout=5s --start-period=60s --retries=3 \
    CMD ["python", "-c", "from urllib.request import urlopen; urlopen('http://127.0.0.1:8000/health', timeout=4)"]
ENTRYPOINT ["refrain"]
# Does not start without API_KEYS, since others can reach it: `refrain key NAME` makes one.
CMD ["serve", "--host", "0.0.0.0", "--port", "8000"]
