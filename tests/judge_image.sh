#!/usr/bin/env bash
# Builds the image for real, and has it run as the chart runs it. Where the base image of the Containerfile cannot be had,
# one that is made here of Debian and this machine's Rust stands in for it.
set -euo pipefail
cd "$(dirname "$0")/.."

# Only what is missing: Debian's runc would take Docker's away.
missing=()
for command in buildah podman runc debootstrap conmon; do
    command -v "$command" >/dev/null || missing+=("$command")
done
if ((${#missing[@]})); then
    apt-get update -qq
    apt-get -o DPkg::Lock::Timeout=300 install -y -qq --no-install-recommends \
        "${missing[@]}" catatonit uidmap python3-venv >/dev/null
fi

# Storage and settings of its own: nothing is left among the images of this machine.
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
    echo "  $base cannot be had: Debian and this machine's Rust stand in for it"
    base=localhost/stand-in
fi
if ! podman image exists "$base"; then
    root=$folder/base
    if [[ ! -e $root/etc/os-release ]]; then
        debootstrap --variant=minbase --include=gcc,libc6-dev,ca-certificates bookworm "$root" >"$folder/debootstrap.log"
    fi
    mkdir -p "$root/usr/local"
    cp -r "$(rustc --print sysroot)/"{bin,lib} "$root/usr/local/"
    # Whom this machine trusts, the build must, too.
    cp -L /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
    tar -C "$root" -c . | podman import --quiet - "$base" >/dev/null
    rm -rf "$root"
fi
buildah build --quiet --isolation chroot --pull-never --format docker --file Containerfile --tag judged \
    --from "$base" --build-arg "VERSION=$(sed -n 's/^version = "\(.*\)"/\1/p' Cargo.toml)" \
    --build-arg "REVISION=$(git rev-parse HEAD)" . >"$folder/build.log"
python3 -m venv "$folder/python"
"$folder/python/bin/pip" install --quiet --disable-pip-version-check pyyaml==6.0.2
"$folder/python/bin/python" tests/judge_image.py
