#!/bin/sh
# The keeper: holds the deployment lock of one project on this server, alone runs what changes it, and puts the armed
# state back by itself when its runner is gone. POSIX sh; nothing of it stays installed, its state is in $state. It travels as
# one text, put together of the files of this folder in the order that keeper-script.ts names.
#
# One event loop reads one FIFO. Who writes to it: the reader of the runner's lines, a ticker, the supervisor of the
# current command, signals. Each event is shorter than PIPE_BUF, so writes do not mix. The loop itself never writes to
# the runner (a stopped runner would stop it too): answers go through a second FIFO, written in the background.
set -u

# Settings come as lines on standard input, so nothing of them is ever quoted or evaluated.
IFS= read -r state && IFS= read -r nonce && IFS= read -r session && IFS= read -r heartbeat && IFS= read -r wait_limit &&
  IFS= read -r claim && IFS= read -r holder && IFS= read -r pipeline || exit 1

umask_before=$(umask)
umask 077
LC_ALL=C
# 3: events, 4: answers, 5: from the runner, 6: to the runner, 9: the lock.
exec 5<&0 6>&1 </dev/null >/dev/null

REVERT_LIMIT=600
REVERT_ATTEMPTS=3
DRAIN_LIMIT=10
LEASE_LIMIT=20
CLAIM_LIMIT=60
JOURNAL_LIMIT=1048576

fatal() {
  printf 'fatal %s\n' "$*" >&6
  exit 1
}

mkdir -p "$state" 2>/dev/null || fatal "cannot create $state"
chmod 700 "$state" 2>/dev/null
{ [ -w "$state" ] && [ -x "$state" ]; } || fatal "$state is not writable for $(id -un 2>/dev/null || id -u)"

has() { command -v "$1" >/dev/null 2>&1; }

durable() { sync "$1" 2>/dev/null || sync; }

# Field of the holder file: 1 nonce, 2 run directory, 3 JSON for people.
holder_field() { sed -n "$1p" "$state/holder" 2>/dev/null; }
