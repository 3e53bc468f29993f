#!/usr/bin/env bash
# Installs the tools that tests/judge_monitoring.py uses, and runs it.
set -euo pipefail
cd "$(dirname "$0")/.."

bash tests/install_prometheus.sh
python3 -m venv target/judge-monitoring
target/judge-monitoring/bin/pip install --quiet --disable-pip-version-check pyyaml==6.0.2
cargo build --release --locked
target/judge-monitoring/bin/python tests/judge_monitoring.py
