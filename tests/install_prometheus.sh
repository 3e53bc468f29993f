#!/usr/bin/env bash
# Installs Prometheus, Alertmanager, the prober and HAProxy, and has none of them started as a service.
set -euo pipefail

for command in haproxy prometheus prometheus-alertmanager prometheus-blackbox-exporter amtool promtool; do
    if ! command -v "$command" >/dev/null; then
        apt-get update -qq
        # In the run level of one user nothing is started.
        RUNLEVEL=1 apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends \
            haproxy prometheus prometheus-alertmanager prometheus-blackbox-exporter >/dev/null
        break
    fi
done
