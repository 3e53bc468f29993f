#!/bin/sh
# Installs a release in /opt/fibonacci-web and (re)starts it: install.sh 0.1.0
set -eu
version=${1:?usage: install.sh VERSION}
case $(uname -m) in
    x86_64) architecture=amd64 ;;
    aarch64) architecture=arm64 ;;
    *) echo "no binary for $(uname -m)" >&2; exit 1 ;;
esac
archive=fibonacci-web-linux-$architecture.tar.gz
releases=https://github.com/fibonacci-web/fibonacci-web/releases/download
units=$(dirname "$0")
# An alternative root directory, as packagers use it.
root=${DESTDIR:-}

scratch=$(mktemp -d)
trap 'rm -rf "$scratch"' EXIT
curl --fail --silent --show-error --location --output-dir "$scratch" \
    --remote-name "$releases/v$version/$archive" --remote-name "$releases/v$version/SHA256SUMS"
(cd "$scratch" && sha256sum --check --ignore-missing SHA256SUMS)

# Accessible to the unit's dynamic user.
install -d -m 755 "$root/opt/fibonacci-web"
# tar unlinks a file before it replaces it, so this works while the binary runs.
tar -C "$root/opt/fibonacci-web" -xzf "$scratch/$archive" --strip-components=1
cp "$units/fibonacci-web.service" "$units/fibonacci-web.socket" "$root/etc/systemd/system/"
systemctl daemon-reload
systemctl enable fibonacci-web.socket fibonacci-web.service
# This starts the socket too. If that runs already, it stays open.
systemctl restart fibonacci-web.service
