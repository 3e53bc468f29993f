# Lists the recipes.
default:
    @{{ just_executable() }} --list

# Starts the service; its log says where.
run *arguments:
    cargo run --release -- {{ arguments }}

# Runs the tests.
test *arguments:
    cargo test {{ arguments }}

# Checks the format and the lints; warnings are errors.
lint:
    cargo fmt --check
    cargo clippy --locked --all-targets -- -D warnings

# Formats the code.
fmt:
    cargo fmt

# Runs all that a change must pass.
ci:
    bash .ci/run

# Installs the release binary, starts it, asks it, stops it.
smoke:
    bash tests/smoke.sh

# Builds the container image with podman, buildah or docker, whichever is there.
image tag="fibonacci-web":
    #!/usr/bin/env bash
    set -euo pipefail
    arguments=(
        --file Containerfile --tag "{{ tag }}"
        --build-arg "VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)"
        --build-arg "REVISION=$(git rev-parse HEAD)"
    )
    # Their own format has no place for HEALTHCHECK.
    if command -v podman >/dev/null; then podman build --format docker "${arguments[@]}" .
    elif command -v buildah >/dev/null; then buildah build --format docker "${arguments[@]}" .
    else docker build "${arguments[@]}" .
    fi

# Compares the fast ways with the plain ones on so many random inputs, new ones each time.
fuzz cases="2000":
    PROPTEST_CASES={{ cases }} cargo test --release --test suite -- --ignored fuzz

# Measures the engine, and what it has to stay ahead of at every index up to 100 000.
bench:
    cargo bench --bench engine
    cargo bench --bench every_index

# Prints the engine's speed beside GMP's and nginx's, all from this run; installs both.
bench-peers:
    #!/usr/bin/env bash
    set -euo pipefail
    if ! command -v nginx >/dev/null || ! command -v wrk >/dev/null; then
        apt-get update -qq
        apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends nginx-light wrk
    fi
    python3 -m venv target/peers
    target/peers/bin/pip install --quiet --disable-pip-version-check gmpy2==2.3.2
    cargo build --release
    cargo bench --bench engine
    target/peers/bin/python tests/bench_peers.py

# Has what others wrote judge the HTTP: curl, REDbot, h2load, wrk, slowhttptest, HAProxy; installs them.
judge-http *quick:
    bash tests/judge_http.sh {{ quick }}

# Has what others wrote judge the pages: Chromium, axe, Lighthouse, vnu, Stylelint, lynx, w3m, Schemathesis; installs them.
judge-pages *quick:
    bash tests/judge_pages.sh {{ quick }}

# Prints the speed of serving beside nginx's, and what compression costs, from this run; installs nginx.
bench-http:
    #!/usr/bin/env bash
    set -euo pipefail
    if ! command -v nginx >/dev/null || ! command -v wrk >/dev/null; then
        apt-get update -qq
        apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends nginx-light wrk
    fi
    cargo build --release
    cargo bench --bench compression
    python3 tests/bench_http.py

# Builds the image, runs it without privileges, and asks it for the heaviest; installs podman and buildah.
judge-image:
    bash tests/judge_image.sh

# Has what others wrote judge what it is operated with: the repository, chart, clouds, alerts; installs them.
judge-ops *quick:
    bash tests/judge_repo.sh {{ quick }}
    bash tests/judge_helm.sh {{ quick }}
    bash tests/judge_targets.sh {{ quick }}
    bash tests/judge_monitoring.sh {{ quick }}

# Kills instances and falsifies a digit, and prints which alert came when; installs Prometheus and what it needs.
drill:
    bash tests/install_prometheus.sh
    cargo build --release
    python3 tests/drill.py

# Tries what goes wrong in operation, and prints what users saw of it; installs what it needs.
drill-failures:
    cargo build --release
    python3 tests/drill_failures.py

# Measures a core, a cache in front, and two instances, for docs/scaling.md; installs nginx, HAProxy and wrk.
bench-scaling:
    #!/usr/bin/env bash
    set -euo pipefail
    if ! command -v nginx >/dev/null || ! command -v wrk >/dev/null || ! command -v haproxy >/dev/null; then
        apt-get update -qq
        apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends haproxy nginx-light wrk
    fi
    cargo build --release
    python3 tests/bench_scaling.py
