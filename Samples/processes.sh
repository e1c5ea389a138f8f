# What the samples share that start processes, all of which end with the script: . Samples/processes.sh
set -euo pipefail

folder=$(mktemp -d)
pids=()
end() {
  # Otherwise, the shell would report each process that is killed.
  exec 2>/dev/null
  # Older shells take an empty array for an unset one.
  for pid in ${pids[@]+"${pids[@]}"}; do kill -9 "$pid" || true; done
  rm -rf "$folder"
}
trap end EXIT

fail() { echo "$*" >&2; exit 1; }
# Prints a free port.
port() { python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'; }
# Prints the number of notifications that the sandbox accepted, and fails if it doesn't respond.
sent() {
  python3 -c 'import json, sys, urllib.request
with urllib.request.urlopen(sys.argv[1] + "/sandbox/notifications", timeout=5) as response:
  print(len(json.load(response)["notifications"]))' "$SMOOVEN_BASE_URL" 2>/dev/null
}
# Waits until the sandbox responds.
await_sandbox() {
  for _ in $(seq 100); do
    if sent >/dev/null; then return; fi
    sleep 0.1
  done
  fail "the sandbox didn't start"
}
# Waits until the sandbox has accepted a number of notifications.
await_sent() {
  local count
  for _ in $(seq 200); do
    count=$(sent) || fail "the sandbox doesn't respond anymore"
    if [ "$count" -ge "$1" ]; then return; fi
    sleep 0.1
  done
  fail "the sandbox got $count of $1 notifications"
}
