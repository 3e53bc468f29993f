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
