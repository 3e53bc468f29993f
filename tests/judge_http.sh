#!/usr/bin/env bash
# Installs the tools that tests/judge_http.py uses, and runs it. With `quick`, only the checks that take seconds.
set -euo pipefail
cd "$(dirname "$0")/.."

packages=(curl python3-venv)
commands=(curl python3)
if [[ ${1:-} != quick ]]; then
    packages+=(haproxy iproute2 slowhttptest wrk)
    commands+=(haproxy ss slowhttptest wrk)
fi
for command in "${commands[@]}"; do
    if ! command -v "$command" >/dev/null; then
        apt-get update -qq
        apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends "${packages[@]}"
        break
    fi
done
python3 -m venv target/judge
target/judge/bin/pip install --quiet --disable-pip-version-check redbot==2.7.1
cargo build --release --locked
target/judge/bin/python tests/judge_http.py "$@"
