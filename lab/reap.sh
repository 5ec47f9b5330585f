#!/bin/sh
# Owns what one lab leaves in the kernel and on disk, and takes it away however the lab ends.
#
#   reap.sh watch TMP      claims a free /24 (its bridge is the lock), prints `NUMBER DIRECTORY`, waits until standard input
#                          closes (the lab ended: closed, crashed or killed by SIGKILL) and removes everything
#   reap.sh machine DIR    removes one machine of a lab: processes, veth, cgroups, folder
#
# Runs in a session of its own, so that a Ctrl-C meant for the lab does not end it.
set -u

# Kills the process in DIR/pid if it is still ours: DIR is one of its arguments, so a reused number is not it.
kill_ours() {
  pid=$(cat "$1" 2>/dev/null) || return 0
  [ -n "$pid" ] || return 0
  tr '\0' '\n' <"/proc/$pid/cmdline" 2>/dev/null | grep -qxF "${1%/*}" || return 0
  kill -KILL "$pid" 2>/dev/null
  # A mount namespace keeps its folders busy until the last process in it is gone.
  while grep -q '^State:[[:space:]]*[^ZX[:space:]]' "/proc/$pid/status" 2>/dev/null; do sleep 0.05; done
}

remove_folder() {
  tries=0
  # The processes of a killed pid namespace go one after the other; their mounts with the last of them.
  while ! rm -rf "$1" 2>/dev/null; do
    tries=$((tries + 1))
    if [ "$tries" -ge 200 ]; then
      rm -rf "$1"
      return 1
    fi
    sleep 0.05
  done
}

remove_cgroups() {
  for group in /sys/fs/cgroup/"$1" /sys/fs/cgroup/*/"$1"; do
    [ ! -d "$group" ] || find "$group" -depth -type d -exec rmdir {} \; 2>/dev/null
  done
}

remove_machine() {
  kill_ours "$1/init.pid"
  kill_ours "$1/pid"
  link=$(cat "$1/link" 2>/dev/null) && ip link delete "$link" 2>/dev/null
  cgroup=$(cat "$1/cgroup" 2>/dev/null)
  remove_folder "$1"
  [ -z "$cgroup" ] || remove_cgroups "$cgroup"
}

remove_lab() {
  for machine in "$1"/machines/*/; do
    [ ! -d "$machine" ] || remove_machine "${machine%/}"
  done
  remove_folder "$1"
  # Last: as long as the bridge is there, nobody else claims the number.
  ip link delete "gaplab${1##*-}" 2>/dev/null
}

# A lab whose reaper was killed as well (a machine that ran out of memory): the next one cleans up after it.
sweep() {
  for left in "$1"/gonsautopilot-lab-*/; do
    left=${left%/}
    reaper=$(cat "$left/reaper.pid" 2>/dev/null) || continue
    tr '\0' '\n' <"/proc/$reaper/cmdline" 2>/dev/null | grep -q 'reap\.sh$' || remove_lab "$left"
  done
}

# 198.18.0.0/15 is set aside for test networks (RFC 2544), so no real neighbour is hidden.
claim() {
  number=0
  while [ "$number" -le 255 ]; do
    directory="$1/gonsautopilot-lab-$number"
    if [ ! -e "$directory" ] && ip link add "gaplab$number" type bridge 2>/dev/null; then
      if mkdir "$directory" 2>/dev/null; then return 0; fi
      ip link delete "gaplab$number"
    fi
    number=$((number + 1))
  done
  echo 'reap: no free network: 256 labs are up, or ip (iproute2) does not work here' >&2
  exit 1
}

watch() {
  trap '' INT TERM HUP
  sweep "$1"
  claim "$1"
  trap 'remove_lab "$directory"' EXIT
  mkdir "$directory/machines"
  echo $$ >"$directory/reaper.pid"
  if ! ip address add "198.18.$number.1/24" dev "gaplab$number" || ! ip link set "gaplab$number" up; then exit 1; fi
  echo "$number $directory"
  # Nobody may be left to read: the words of the clean-up have nowhere to go.
  exec >/dev/null 2>&1
  while read -r _; do :; done
}

case "${1:-}" in
  watch) watch "$2" ;;
  machine) remove_machine "$2" ;;
  *)
    sed -n '2,9s/^# \{0,1\}//p' "$0" >&2
    exit 1
    ;;
esac
