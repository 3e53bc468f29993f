# Lists the recipes.
default:
    @{{ just_executable() }} --list

# Starts the service; its log shows the address.
run *arguments:
    cargo run --release -- {{ arguments }}

# Runs the tests.
test *arguments:
    cargo test {{ arguments }}

# Checks the format and the lints; warnings are errors.
lint:
    cargo fmt --all --check
    cargo fmt --check --manifest-path fuzz/Cargo.toml
    cargo clippy --locked --workspace --all-targets -- -D warnings
    cargo clippy --locked --manifest-path fuzz/Cargo.toml --target-dir target --all-targets -- -D warnings

# Formats the code.
fmt:
    cargo fmt --all
    cargo fmt --manifest-path fuzz/Cargo.toml

# Runs everything that a change must pass.
ci:
    bash .ci/run

# Installs the release binary, starts it, requests pages, and stops it.
smoke:
    bash tests/smoke.sh

# Builds the container image with podman, buildah or docker, whichever is installed.
image tag="fibonacci-web":
    #!/usr/bin/env bash
    set -euo pipefail
    arguments=(
        --file Containerfile --tag "{{ tag }}"
        --build-arg "VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)"
        --build-arg "REVISION=$(git rev-parse HEAD)"
    )
    # The OCI format has no HEALTHCHECK.
    if command -v podman >/dev/null; then podman build --format docker "${arguments[@]}" .
    elif command -v buildah >/dev/null; then buildah build --format docker "${arguments[@]}" .
    else docker build "${arguments[@]}" .
    fi

# Makes the PNG icons from static/icon.svg: for browsers that take no SVG, and for a home screen, which rounds the corners
# itself; installs rsvg-convert.
icons: (install "librsvg2-bin")
    rsvg-convert --width 32 --height 32 --output static/icon.png static/icon.svg
    rsvg-convert --width 180 --height 180 --background-color '#743d05' --output static/apple-touch-icon.png static/icon.svg

# Tries random inputs on the mathematics, then inputs that reach new code, for `seconds` per target; installs cargo-fuzz.
fuzz cases="2000" seconds="30": (install "g++")
    #!/usr/bin/env bash
    set -euo pipefail
    PROPTEST_CASES={{ cases }} cargo test --release -p fibonacci --test suite -- --ignored fuzz
    cargo install --quiet --locked --root target/cargo-fuzz cargo-fuzz@0.13.2
    PATH="$PWD/target/cargo-fuzz/bin:$PATH"
    targets=$(cargo fuzz list)
    for target in $targets; do
        # New inputs go to the first folder, so that those of the repository stay as they are.
        mkdir -p "target/corpus/$target"
        # A sanitizer would need a nightly toolchain; it looks for errors of unsafe code, of which there is none here.
        cargo fuzz run --sanitizer none "$target" "target/corpus/$target" "fuzz/corpus/$target" -- \
            -max_total_time={{ seconds }} -timeout=10 -rss_limit_mb=1024
    done

# Changes the code at one place at a time, and fails if the tests notice less than 95 % of the changes.
mutants *arguments:
    command -v cargo-mutants >/dev/null || cargo install --locked cargo-mutants@27.1.0
    python3 tests/mutants.py {{ arguments }}

# Measures which lines the tests run, and fails below 95 %; installs cargo-llvm-cov.
coverage:
    #!/usr/bin/env bash
    set -euo pipefail
    command -v cargo-llvm-cov >/dev/null || cargo install --locked cargo-llvm-cov@0.9.1
    # The toolchain's own tools, or Debian's.
    if ! timeout 60 rustup component add llvm-tools 2>/dev/null; then
        command -v llvm-cov-22 >/dev/null || apt-get install -y -qq --no-install-recommends llvm-22
        export CARGO_LLVM_COV_SETUP=no LLVM_COV=llvm-cov-22 LLVM_PROFDATA=llvm-profdata-22
    fi
    # Code that counts its lines is too slow for the test of the workers.
    cargo llvm-cov --workspace --exclude benches --summary-only --fail-under-lines 95 -- --skip no_worker_is_busy

# Measures the mathematics, and compares it with num-bigint at 851 indices up to 100 000.
bench:
    cargo bench --profile dist -p benches --bench engine
    cargo bench --profile dist -p fibonacci --bench every_index

# Compares the mathematics with GMP and the service with nginx, all in this run; installs both.
bench-peers: (install "nginx-light" "wrk")
    #!/usr/bin/env bash
    set -euo pipefail
    python3 -m venv target/peers
    target/peers/bin/pip install --quiet --disable-pip-version-check gmpy2==2.3.2
    cargo build --profile dist
    cargo bench --profile dist -p benches --bench engine
    PROFILE=dist target/peers/bin/python tests/bench_peers.py

# Compares the service with nginx, and measures compression, all in this run; installs nginx and wrk.
bench-http: (install "nginx-light" "wrk")
    cargo build --profile dist
    cargo bench --profile dist -p benches --bench compression
    PROFILE=dist python3 tests/bench_http.py

# Measures one core, a cache in front, and two instances, for docs/scaling.md; installs nginx, HAProxy and wrk.
bench-scaling: (install "haproxy" "nginx-light" "wrk")
    cargo build --profile dist
    PROFILE=dist python3 tests/bench_scaling.py

# Compares the speed of the profiles `release` and `dist`; installs wrk.
bench-profiles: (install "wrk")
    cargo build --release
    cargo build --profile dist
    python3 tests/bench_profiles.py

# Checks the HTTP with curl, REDbot, wrk, slowhttptest and HAProxy; installs them.
judge-http *quick:
    bash tests/judge_http.sh {{ quick }}

# Puts the service behind nginx and HAProxy, and uses it in Chromium; installs all three.
judge-proxies:
    bash tests/judge_proxies.sh

# Checks the pages with Chromium, axe, Lighthouse, vnu, Stylelint, lynx, w3m and Schemathesis; installs them.
judge-pages *quick:
    bash tests/judge_pages.sh {{ quick }}

# Builds the image, runs it without privileges, and sends it the heaviest requests; installs podman and buildah.
judge-image:
    bash tests/judge_image.sh

# Checks the repository, the chart, the deployment targets and the alerts; installs what it needs.
judge-ops *quick:
    bash tests/judge_repo.sh {{ quick }}
    bash tests/judge_helm.sh {{ quick }}
    bash tests/judge_targets.sh {{ quick }}
    bash tests/judge_monitoring.sh {{ quick }}

# Stops instances and serves a wrong digit, and prints when each alert came; installs Prometheus and more.
drill:
    bash tests/install_prometheus.sh
    cargo build --release
    python3 tests/drill.py

# Tries failures of operation, and prints what users saw of them; installs what it needs.
drill-failures:
    cargo build --release
    python3 tests/drill_failures.py

# Restarts the service under load, as systemd does, and counts the requests that are lost.
drill-restart:
    cargo build --release
    python3 tests/drill_restart.py

# Installs Debian packages, unless their programs are there.
[private]
install *packages:
    #!/usr/bin/env bash
    set -euo pipefail
    read -ra packages <<<"{{ packages }}"
    for package in "${packages[@]}"; do
        command -v "${package%-light}" >/dev/null || missing+=("$package")
    done
    [[ -z ${missing[*]:-} ]] || {
        apt-get update -qq
        apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${missing[@]}"
    }
