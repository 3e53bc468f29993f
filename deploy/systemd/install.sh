#!/bin/sh
# Puts a release into /opt/fibonacci-web and (re)starts it: install.sh 0.1.0
set -eu
version=${1:?which version?}
case $(uname -m) in
    x86_64) architecture=amd64 ;;
    aarch64) architecture=arm64 ;;
    *) echo "there is no binary for $(uname -m)" >&2; exit 1 ;;
esac
archive=fibonacci-web-linux-$architecture.tar.gz
releases=https://github.com/fibonacci-web/fibonacci-web/releases/download
unit=$(dirname "$0")/fibonacci-web.service

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
curl --fail --silent --show-error --location --output-dir "$scratch" \
    --remote-name "$releases/v$version/$archive" --remote-name "$releases/v$version/SHA256SUMS"
(cd "$scratch" && sha256sum --check --ignore-missing SHA256SUMS)

mkdir -p /opt/fibonacci-web
# A binary that runs cannot be written over, and can be replaced.
tar -C /opt/fibonacci-web -xzf "$scratch/$archive" --strip-components=1 --unlink-first
cp "$unit" /etc/systemd/system/
systemctl daemon-reload
systemctl enable fibonacci-web
systemctl restart fibonacci-web
