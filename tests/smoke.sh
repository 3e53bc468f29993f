#!/usr/bin/env bash
# Installs the release binary, starts it, submits the form as a browser would, and stops it.
set -euo pipefail
cd "$(dirname "$0")/.."

scratch=$(mktemp -d)
service=
cleanup() {
    if [[ -n $service ]]; then kill -KILL "$service" 2>/dev/null || true; fi
    rm -rf "$scratch"
}
trap cleanup EXIT

fail() {
    echo "smoke: $1" >&2
    sed 's/^/smoke: log: /' "$scratch/log" >&2
    exit 1
}

get() {
    curl --silent --show-error --fail --max-time 10 "$@"
}

cargo install --quiet --locked --path . --root "$scratch" --no-track
# Without the settings in the environment of this shell.
env -i PORT=0 MANAGEMENT_PORT=0 "$scratch/bin/fibonacci-web" 2>"$scratch/log" &
service=$!

# The service logs its address; `tail` ends with that line or with the service.
base=$(timeout 30 tail --pid="$service" -n +1 -f "$scratch/log" |
    sed -n 's|.*listening on \(http://[0-9.:]*\).*|\1|p;T;q') || true
[[ -n $base ]] || fail "the service did not log its address"

# The page that the form requests with its second button, and its style sheet.
page=$(get "$base/nth?n=100")
[[ $page == *354224848179261915075* ]] || fail "the page of F(100) is wrong: $page"
style=$(sed -n 's|.*href="\(/static/style-[0-9a-f]*\.css\)".*|\1|p' <<<"$page")
get --output /dev/null "$base$style"

# F(1000), from GMP 6.3.0.
expected=43466557686937456435688527675040625802564660517371780402481729089536555417949051890403879840079255169295922593080322634775209689623239873322471161642996440906533187938298969649928516003704476137795166849228875
term=$(get "$base/nth.txt?n=1000")
[[ $term == "$expected" ]] || fail "F(1000) is wrong: $term"

status=$(curl --silent --output /dev/null --write-out '%{http_code}' --max-time 10 "$base/nth?n=abc")
[[ $status == 422 ]] || fail "an invalid number has status $status"

env -i PORT="${base##*:}" "$scratch/bin/fibonacci-web" healthcheck || fail "the health check failed"

kill -TERM "$service"
status=0
wait "$service" || status=$?
service=
[[ $status == 0 ]] || fail "exit status $status after SIGTERM"
echo "smoke: installed, started, used and stopped"
