# The image of Double LLMedger: one program, several roles (serve, worker, migrate).

# Name an image by its digest to build the same thing again: --build-arg PYTHON_IMAGE=python@sha256:…
ARG PYTHON_IMAGE=python:3.13-slim

FROM ${PYTHON_IMAGE} AS build
WORKDIR /build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1

# mypyc turns the core into C.
RUN apt-get update \
    && apt-get install -y --no-install-recommends gcc libc6-dev \
    && rm -rf /var/lib/apt/lists/*

# Dependencies first: their layer stays while only the code changes.
COPY requirements.lock requirements-build.lock ./
RUN python -m venv /app/venv \
    && /app/venv/bin/pip install --no-deps --require-hashes -r requirements.lock \
    && pip install --no-deps --require-hashes -r requirements-build.lock

COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY ledger ledger
COPY projections projections
COPY api api
COPY migrations migrations
# Without isolation the build takes the pinned backend above instead of downloading one.
RUN HATCH_BUILD_HOOK_ENABLE_CUSTOM=1 pip wheel --no-deps --no-build-isolation --wheel-dir /wheels . \
    && /app/venv/bin/pip install --no-deps /wheels/*.whl


FROM ${PYTHON_IMAGE}
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin ledger \
    && mkdir -p /app/data \
    && chown ledger:ledger /app/data
COPY --from=build /app/venv /app/venv

# /app/data holds the embedded SQLite database (the default URL is relative to the working directory).
WORKDIR /app
VOLUME /app/data
ENV PATH=/app/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    LEDGER_HOST=0.0.0.0 \
    LEDGER_PORT=8000
USER ledger
EXPOSE 8000

# Ready means: the database answers and its tables are those of this version.
HEALTHCHECK --interval=10s --timeout=5s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['LEDGER_PORT'].rpartition(':')[2]}/api/ready\", timeout=4)"]

ENTRYPOINT ["llmedger"]
CMD ["serve"]
