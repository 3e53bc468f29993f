#!/usr/bin/env bash
# Builds the container image and runs it as the chart does. If the base image of the Containerfile cannot be pulled, a
# stand-in made from Debian and this machine's Rust toolchain replaces it.
set -euo pipefail
cd "$(dirname "$0")/.."

# Install only what is missing: Debian's runc would remove Docker's.
missing=()
for command in buildah podman runc debootstrap conmon; do
    command -v "$command" >/dev/null || missing+=("$command")
done
if ((${#missing[@]})); then
    apt-get update -qq
    apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends \
        "${missing[@]}" catatonit iproute2 uidmap python3-venv >/dev/null
fi

# Separate storage and configuration: nothing is added to the images of this machine.
folder=$PWD/target/judge-image
mkdir -p "$folder"
printf '[storage]\ndriver = "overlay"\ngraphroot = "%s/storage"\nrunroot = "%s/run"\n' "$folder" "$folder" \
    >"$folder/storage.conf"
cat >"$folder/containers.conf" <<'CONF'
[containers]
default_ulimits = ["nofile=20000:20000", "nproc=1024:1024"]
netns = "host"
[engine]
runtime = "runc"
cgroup_manager = "cgroupfs"
events_logger = "file"
CONF
export CONTAINERS_STORAGE_CONF=$folder/storage.conf CONTAINERS_CONF=$folder/containers.conf

base=$(sed -n 's/^FROM \(.*\) AS build$/\1/p' Containerfile)
if ! podman image exists "$base" && ! timeout 60 podman pull --quiet "$base" 2>/dev/null; then
    echo "  cannot pull $base: using Debian with this machine's Rust toolchain instead"
    base=localhost/stand-in
fi
if ! podman image exists "$base"; then
    root=$folder/base
    if [[ ! -e $root/etc/os-release ]]; then
        debootstrap --variant=minbase --include=gcc,libc6-dev,ca-certificates bookworm "$root" >"$folder/debootstrap.log"
    fi
    mkdir -p "$root/usr/local"
    cp -r "$(rustc --print sysroot)/"{bin,lib} "$root/usr/local/"
    # The build must trust the certificate authorities that this machine trusts.
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    tar -C "$root" -c . | podman import --quiet - "$base" >/dev/null
    rm -rf "$root"
fi
buildah build --quiet --isolation chroot --pull-never --format docker --file Containerfile --tag fibonacci-web:check \
    --from "$base" --build-arg "VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)" \
    --build-arg "REVISION=$(git rev-parse HEAD)" . >"$folder/build.log"
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check pyyaml==6.0.2
"$folder/python/bin/python" tests/judge_image.py
