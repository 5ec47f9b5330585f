# What the event loop works on: its folder, its answers, the journal, the ticker.

# Shared memory first: bodies and the armed script must be there even when the disk is full.
run=$(mktemp -d "/dev/shm/gonsautopilot.XXXXXX" 2>/dev/null || mktemp -d "$state/gonsautopilot.XXXXXX") ||
  fatal "cannot create a temporary directory"
# Says whose it is.
ln -s "$state" "$run/state"
mkfifo "$run/in" "$run/out" || fatal "cannot create a FIFO in $run"
exec 3<>"$run/in" 4<>"$run/out"
if has flock; then exec 9>>"$state/lock"; fi

mode=waiting
silent=0
waited=0
detached_left=0
epoch=0
torn=yes
command_id=
command_code=0
command_left=0

answer() { (exec 3>&- 5<&- 6>&- 9>&- && printf '%s\n' "$*" >&4) & }

# $1 event, $2 data (JSON). One append, then to the disk; a line torn by a full disk or a crash stays a line of its own.
journal() {
  if [ "$torn" = yes ] && [ -s "$state/journal" ] && [ -n "$(tail -c 1 "$state/journal")" ]; then
    echo >>"$state/journal" || return 1
  fi
  torn=yes
  printf '{"at":"%s","epoch":%s,"event":"%s","pipelineId":%s,"data":%s}\n' \
    "$(date -u +%Y-%m-%dT%H:%M:%SZ)" "$epoch" "$1" "$pipeline" "$2" >"$run/line" || return 1
  cat "$run/line" >>"$state/journal" && durable "$state/journal" && torn=no
}

# Nothing after the last `settled` entry is ever dropped.
rotate() {
  [ -f "$state/journal" ] || return 0
  [ "$(wc -c <"$state/journal")" -gt "$JOURNAL_LIMIT" ] || return 0
  settled=$(grep -n '^{"at":"[^"]*","epoch":[0-9]*,"event":"settled"' "$state/journal" | tail -n 1)
  [ -n "$settled" ] || return 0
  tail -n "+${settled%%:*}" "$state/journal" >"$state/journal.new" && durable "$state/journal.new" &&
    mv "$state/journal.new" "$state/journal"
}

ticker() {
  exec 3>"$run/in" 4>&- 5<&- 6>&- 9>&- 2>/dev/null
  lease=0
  while sleep 1; do
    printf 'tick\n' >&3 || exit 0
    if [ -e "$run/leased" ]; then
      if [ "$(cat "$state/lock.d/owner")" = "$nonce" ]; then
        lease=$((lease + 1))
        echo "$lease" >"$state/lock.d/lease.new" && mv "$state/lock.d/lease.new" "$state/lock.d/lease"
      else
        printf 'usurped\n' >&3
      fi
    fi
  done
}
