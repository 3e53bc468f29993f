#!/usr/bin/env bash
# Installs Prometheus, Alertmanager, the blackbox exporter and HAProxy, without starting them as services.
set -euo pipefail

for command in haproxy prometheus prometheus-alertmanager prometheus-blackbox-exporter amtool promtool; do
    if ! command -v "$command" >/dev/null; then
        apt-get update -qq
        # No service is started in run level 1.
        RUNLEVEL=1 apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends \
            haproxy prometheus prometheus-alertmanager prometheus-blackbox-exporter >/dev/null
        break
    fi
done
