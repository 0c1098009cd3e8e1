# The only commands CI runs; the README's test command is the default one.
# They use the Python environment they are started in.

# everything a change must pass
default: format-check lint types layers test

# format what can be formatted, fix what can be fixed
fix:
    ruff format .
    ruff check --fix .

format-check:
    ruff format --check .

lint:
    ruff check .

types:
    mypy

layers:
    lint-imports --no-cache

# the fast lane, ten minutes on two cores; arguments go to pytest
test *args:
    python -m pytest -n auto --dist loadfile {{ args }}

# the slow lane: many kills, full disks, other languages' exporters
slow *args:
    python -m pytest -m "slow or postgres" --timeout 1800 {{ args }}

# Debian packages the slow lane drives (fault injection, Node, PostgreSQL, Ceph)
slow-tools:
    apt-get update -q && apt-get install -q -y faketime strace nodejs npm postgresql \
        ceph-mon ceph-osd ceph-common radosgw

# all faults, for an hour or two, and what was tried of them for docs/trust.md
faults *args:
    python -m pytest tests/faults -m slow --timeout 3600 --record-faults {{ args }}

# draw docs/trust.md anew from what `just faults` and `just conformance` recorded
trust:
    python -m pytest tests/faults/test_trust_page.py --draw-trust

# spans a second to durable acknowledgement, beside two physical floors
bench *args:
    python benchmarks/ingest.py {{ args }}

# questions of a large lake, beside SQLite
bench-lake *args:
    python benchmarks/lake.py {{ args }}

# what the pages take on a lake of a million traces, on the server and in Chromium
bench-pages *args:
    python benchmarks/pages.py {{ args }}

# what it takes to plan a question over ten thousand sealed files
bench-files *args:
    python benchmarks/many_files.py {{ args }}

# what the dialect tables cost, for three mixes of instrumentors
bench-dialects:
    python benchmarks/normalise.py

# rows of an evaluation a second, SQL scorers, judges; `--mlflow PYTHON` of an environment that has it
bench-evaluation *args:
    python benchmarks/evaluation.py {{ args }}

# what a decorated call costs, beside a bare span and other decorators
bench-decorator:
    python benchmarks/decorator.py

# Spanlake beside MLflow and Phoenix, each in an environment of its own; writes docs/benchmarks.md
bench-peers *args:
    python benchmarks/peers {{ args }}

# the sixty statements of OTLP against Spanlake, MLflow and Phoenix
conformance *args:
    python benchmarks/peers --conformance {{ args }}

# draw the pictures of the README and docs anew
pictures:
    python -m pytest tests/integration/test_pictures.py --draw-pictures
    python -m pytest tests/integration/web -m slow -k fit --draw-pictures

# draw the table of what each instrumentor's traces say anew
instrumentors:
    python -m pytest tests/integration/test_instrumentors.py -k page --draw-instrumentors

# pin every dependency, with hashes and without download addresses, to requirements.lock
lock:
    uv export --quiet --no-emit-project --all-extras --format requirements-txt --no-header -o requirements.lock

# build the wheel (needs uv, as `just lock` does) and try it where nothing else is installed
wheel:
    rm -rf dist && uv build --wheel
    rm -rf dist/venv && python -m venv dist/venv
    dist/venv/bin/pip install --quiet dist/*.whl
    dist/venv/bin/spanlake --version
    dist/venv/bin/spanlake demo --data dist/demo-data
