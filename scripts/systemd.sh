#!/usr/bin/env bash
# Both services under a systemd that really runs: `sudo scripts/systemd.sh`, after `npm run build`. Linux, root, systemd
# 250 or newer. It boots in namespaces of its own, with copies of /etc and /var/lib that go away with it, and ends it.
# Prints what it tries; the first thing that is not as it must be ends it with 1.
set -euo pipefail

if [ "${1:-}" = inside ]; then
  mount --make-rprivate /
  mount -t proc proc /proc
  mount -t tmpfs tmpfs /run
  for dir in etc var/lib; do
    mkdir -p "/run/over/$dir/upper" "/run/over/$dir/work"
    mount -t overlay overlay -o "lowerdir=/$dir,upperdir=/run/over/$dir/upper,workdir=/run/over/$dir/work" "/$dir"
  done
  mount -t tmpfs tmpfs /opt
  mkdir -p /opt/im /run/units /run/user/0
  cp -a bin dist package.json node_modules /opt/im/
  # What a machine's own targets would start is none of this.
  for target in default sysinit basic multi-user shutdown network-online; do
    printf '[Unit]\nDefaultDependencies=no\n' >"/run/units/$target.target"
  done
  export container=other SYSTEMD_UNIT_PATH=/run/units:/etc/systemd/system SYSTEMD_LOG_TARGET=console
  exec /lib/systemd/systemd --system --unit=default.target --show-status=no
fi

cd "$(dirname "$0")/.."
unshare --pid --mount --ipc --uts --fork "$0" inside &
outer=$!
system=
trap 'kill -9 ${system:-$outer} 2>/dev/null; wait 2>/dev/null' EXIT
until system=$(pgrep -P "$outer") && [ "$(cat "/proc/$system/comm")" = systemd ]; do kill -0 "$outer"; sleep 0.2; done

in_there() { nsenter -t "$system" -m -p -i -u env HOME=/run/home XDG_RUNTIME_DIR=/run/user/0 IM_HOME=/run/home/im "$@"; }
systemctl_there() { in_there SYSTEMD_UNIT_PATH=/run/units:/etc/systemd/system systemctl "$@"; }
im() { in_there node /opt/im/bin/im.js "$@"; }
within() { # SECONDS WHAT COMMAND...
  local until=$((SECONDS + $1)) what=$2
  shift 2
  until "$@" >/dev/null 2>&1; do
    if [ $SECONDS -ge $until ]; then echo "NOT: $what"; exit 1; fi
    sleep 0.2
  done
  echo "ok: $what"
}
healthy() { [ "$(in_there curl -skf https://127.0.0.1:443/healthz)" = ok ]; }
is() { [ "$(systemctl_there show "$1" -p "$2" --value)" = "$3" ]; }
user_is() { [ "$(in_there systemctl --user show "$1" -p "$2" --value)" = "$3" ]; }

within 20 'systemd runs' systemctl_there is-system-running
im relay install --self-signed --listen 127.0.0.1:443
within 10 'the relay serves, sandboxed, on a port below 1024' healthy
systemctl_there kill -s KILL im-relay
within 10 'a killed relay is started again' is im-relay NRestarts 1
within 10 'and serves' healthy
systemctl_there reload im-relay
link=$(in_there runuser -u im-relay -- node /opt/im/bin/im.js relay status --data /var/lib/im-relay --json | jq -r .link)
echo 'correct horse battery' | im register --relay "$link" --password-stdin --nick Ana
im daemon stop

in_there systemd-run --version >/dev/null
(in_there /lib/systemd/systemd --user &) 2>/dev/null
within 20 'the user manager runs' in_there systemctl --user is-system-running
im daemon install
unit=$(in_there systemctl --user list-units 'im-daemon*' --plain --no-legend | cut -d' ' -f1)
in_there systemctl --user kill -s KILL "$unit"
within 15 'a killed daemon is started again' user_is "$unit" NRestarts 1
im remind 'tea' --in 1s
within 20 'a reminder comes due' sh -c "$(declare -f im in_there); system=$system; im backup list --json --all | grep -q '\"due\"'"
in_there systemctl --user kill -s STOP "$unit"
im daemon stop
within 5 'a wedged daemon is ended by a stop' user_is "$unit" ActiveState inactive
# RestartSec is 5.
sleep 7
within 1 'and not started again' user_is "$unit" ActiveState inactive
im daemon uninstall
im daemon stop
systemctl_there stop im-relay
within 5 'the relay stopped in good order' is im-relay Result success
echo 'all as it must be'
