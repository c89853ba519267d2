#!/bin/sh
# Runs examples/quickstart.yml against a target of its own: what `make demo` does
# after the build.
set -eu
cd "$(dirname "$0")/.."

received=$(mktemp)
bin/salvo target --listen 127.0.0.1:0 >"$received" 2>/dev/null &
target=$!
trap 'kill $target 2>/dev/null || true; rm -f "$received"' EXIT
while ! grep -q '^http' "$received"; do sleep 0.1; done
url=$(head -n 1 "$received")

echo "+ salvo target                       # serves on $url"
echo "+ salvo run examples/quickstart.yml --target $url"
status=0
bin/salvo run examples/quickstart.yml --target "$url" || status=$?

kill "$target"
wait "$target" || true
echo "target: $(tail -n 1 "$received")"
exit $status
