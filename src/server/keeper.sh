#!/bin/sh
# The keeper: holds the deployment lock of one project on this server, alone runs what changes it, and puts the armed
# state back by itself when its runner is gone. POSIX sh; nothing of it stays installed, its state is in $state.
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

# ---- the runner's lines -------------------------------------------------------------------------------------------

# Bodies become files here and reach the loop as a name only; a body that did not arrive whole never gets its name.
read_body() {
  name=$1
  left=$2
  while [ "$left" -gt 0 ]; do
    IFS= read -r line || return 1
    printf '%s\n' "$line" || left=-1
    left=$((left - 1))
  done >"$run/$name.part"
  if [ "$left" -eq 0 ]; then mv "$run/$name.part" "$run/$name"; else rm -f "$run/$name.part"; fi
}

reader() {
  exec 3>"$run/in" 4>&- 6>&- 9>&-
  while IFS= read -r line; do
    case $line in
      'put '*)
        line=${line#put }
        read_body "${line% *}" "${line#* }" || break
        ;;
      *) printf 'from %s %s\n' "$session" "$line" >&3 ;;
    esac
  done <&5
  printf 'from %s eof\n' "$session" >&3
}

# ---- taking over a detached keeper --------------------------------------------------------------------------------

# A holder that was killed answers nothing. Asked once in a second.
let_go() { [ $((patience % 10)) -eq 0 ] && has flock && flock -n "$state/lock" true; }

# This process then only carries lines: the lock and the arming never change hands, so nobody can slip in between. It
# brings a FIFO that the keeper takes by renaming it and that it takes back by removing it: one of the two happens.
relay() {
  [ "$(holder_field 1)" = "$claim" ] || return 1
  run=$(holder_field 2)
  { [ -p "$run/in" ] && mkfifo "$run/out.$session"; } || return 1
  exec 3<>"$run/in" 9>&-
  printf 'claim %s %s\n' "$session" "$claim" >&3
  patience=$((CLAIM_LIMIT * 10))
  while [ ! -e "$run/yes.$session" ]; do
    patience=$((patience - 1))
    if [ ! -p "$run/in" ] || [ -e "$run/no.$session" ] || let_go ||
      { [ "$patience" -le 0 ] && rm "$run/out.$session" 2>/dev/null; }; then
      exec 3>&-
      return 1
    fi
    sleep 0.1 2>/dev/null || sleep 1
  done
  exec 3>&-
  cat "$run/out" >&6 5<&- &
  echo "$!" >"$run/cat"
  exec 6>&-
  reader
  wait
  exit 0
}

if [ -n "$claim" ] && relay; then exit 0; fi

# ---- the event loop's parts ---------------------------------------------------------------------------------------

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

# ---- lock ---------------------------------------------------------------------------------------------------------

seen_lease=
seen_for=0

# Without flock: a directory. A holder that renews no lease while we watch, by our own ticks (clocks may be wrong), is dead.
try_directory() {
  if mkdir "$state/lock.d" 2>/dev/null; then
    if ! echo "$nonce" >"$state/lock.d/owner"; then
      rmdir "$state/lock.d"
      return 1
    fi
    : >"$run/leased"
    return 0
  fi
  owner=$(cat "$state/lock.d/owner" 2>/dev/null)
  lease="$owner $(cat "$state/lock.d/lease" 2>/dev/null)"
  pid=$(cat "$state/lock.d/command" 2>/dev/null)
  if [ "$lease" != "$seen_lease" ] || { [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null; }; then
    seen_lease=$lease
    seen_for=0
    return 1
  fi
  seen_for=$((seen_for + 1))
  [ "$seen_for" -ge "$LEASE_LIMIT" ] || return 1
  seen_for=0
  # One waiter breaks it: who makes `breaking` inside, and finds the same owner still there.
  mkdir "$state/lock.d/breaking" 2>/dev/null || return 1
  if [ "$(cat "$state/lock.d/owner" 2>/dev/null)" != "$owner" ]; then
    rmdir "$state/lock.d/breaking"
    return 1
  fi
  mv "$state/lock.d" "$run/broken" 2>/dev/null || { rm -rf "$state/lock.d.$nonce" && mv "$state/lock.d" "$state/lock.d.$nonce"; }
  rm -rf "$state/lock.d.$nonce"
  try_directory
}

try_lock() {
  if has flock; then flock -n 9; else try_directory; fi
}

opened() {
  mode=open
  silent=0
  # The one before us is dead (we hold its lock): what it left in shared memory goes too.
  leftover=$(holder_field 2)
  case $leftover in
    */gonsautopilot.??????) rm -rf "$leftover" ;;
  esac
  epoch=$(cat "$state/epoch" 2>/dev/null)
  case $epoch in
    '' | *[!0-9]*) epoch=$(grep -c '"event":"opened"' "$state/journal" 2>/dev/null) ;;
  esac
  epoch=$((${epoch:-0} + 1))
  if ! { echo "$epoch" >"$state/epoch.new" && durable "$state/epoch.new" && mv "$state/epoch.new" "$state/epoch" &&
    printf '%s\n%s\n%s\n' "$nonce" "$run" "$holder" >"$state/holder.new" &&
    durable "$state/holder.new" && mv "$state/holder.new" "$state/holder"; }; then
    answer "fatal cannot write to $state: $(df -Pk "$state" | sed -n '2s/.* \([0-9]*\) *[0-9]*% .*/\1 KB free/p')"
    leave
  fi
  rotate
  arming=clean
  if [ -f "$state/armed" ]; then
    arming=inherited
    cp "$state/armed" "$run/armed"
  fi
  journal opened '{}'
  answer "open $epoch $arming"
}

leave() {
  trap '' HUP INT TERM
  kill "$ticker_pid" "$reader_pid" 2>/dev/null
  if [ "$mode" != waiting ] && [ "$(holder_field 1)" = "$nonce" ]; then rm -f "$state/holder"; fi
  if [ -e "$run/leased" ] && [ "$(cat "$state/lock.d/owner" 2>/dev/null)" = "$nonce" ]; then rm -rf "$state/lock.d"; fi
  exec 4>&-
  rm -rf "$run"
  exit 0
}

# ---- commands -----------------------------------------------------------------------------------------------------

# Lines of a command, cut so that each stays one write.
pump() {
  exec 3>&- 5<&- 6>&- 9>&-
  while IFS= read -r line || [ -n "$line" ]; do
    while [ "${#line}" -gt 2000 ]; do
      head=$(printf '%.2000s.' "$line")
      head=${head%.}
      printf '%s- %s %s\n' "$1" "$2" "$head"
      line=${line#"$head"}
    done
    printf '%s %s %s\n' "$1" "$2" "$line"
  done >&4
}

# The supervisor keeps the lock's descriptor while the command really runs, the command itself does not have it: a daemon
# that a command leaves behind must not hold the lock.
supervise() {
  exec 5<&- 6>&-
  mkfifo "$run/o.$1" "$run/e.$1"
  pump O "$1" <"$run/o.$1" &
  pumps=$!
  pump E "$1" <"$run/e.$1" &
  pumps="$pumps $!"
  echo "$pumps" >"$run/pumps.$1"
  (
    umask "$umask_before"
    exec 3>&- 4>&- 9>&-
    exec $own_session sh "$run/$1"
  ) </dev/null >"$run/o.$1" 2>"$run/e.$1" &
  echo "$!" >"$run/pid.$1"
  if [ -e "$run/leased" ]; then echo "$!" >"$state/lock.d/command"; fi
  wait "$!"
  code=$?
  (
    exec 3>&- 4>&- 9>&-
    # Told that the pumps are done, it takes its sleep along.
    sleeper=
    trap 'kill $sleeper; exit' TERM
    sleep "$DRAIN_LIMIT" &
    sleeper=$!
    # shellcheck disable=SC2086 # two process ids
    wait "$sleeper" && kill $pumps
  ) >/dev/null 2>&1 &
  drain=$!
  # shellcheck disable=SC2086
  wait $pumps
  kill "$drain" 2>/dev/null
  rm -f "$run/o.$1" "$run/e.$1"
  printf 'ended %s %s\n' "$1" "$code" >&3
}

start_command() {
  command_id=$1
  command_left=$2
  supervise "$1" 2>/dev/null &
}

# The whole process group. A command that only just started has no id yet: whoever waits signals again.
signal_command() {
  pid=$(cat "$run/pid.$command_id" 2>/dev/null)
  [ -n "$pid" ] || return 0
  kill -s "$1" -- "-$pid" 2>/dev/null || kill -s "$1" "$pid" 2>/dev/null
}

refuse_claim() { : >"$run/no.$1"; }

# Waits for the current command; from the $1-th tick on it is killed for good.
await_command() {
  patience=$1
  while [ -n "$command_id" ]; do
    IFS=' ' read -r kind first second <&3 || continue
    case $kind in
      ended) [ "$first" != "$command_id" ] || { command_code=$second && command_id=; } ;;
      tick)
        patience=$((patience - 1))
        [ "$patience" -gt 0 ] || signal_command KILL
        ;;
      claim) refuse_claim "$first" ;;
    esac
  done
}

stop_command() {
  [ -n "$command_id" ] || return 0
  stopped=$command_id
  signal_command TERM
  # Nobody reads the output any more.
  # shellcheck disable=SC2046
  kill $(cat "$run/pumps.$command_id" 2>/dev/null) 2>/dev/null
  await_command 5
  journal command_ended "{\"id\":\"$stopped\",\"code\":$command_code,\"stopped\":true}"
}

# What a client has asked of the engine goes on when the client is killed: a container that is being stopped would look
# running to what is armed, and end after it. So the command comes to its own end, within its own time limit.
finish_command() {
  while [ -n "$command_id" ] && [ "$command_left" -gt 0 ]; do
    IFS=' ' read -r kind first second <&3 || continue
    case $kind in
      ended)
        [ "$first" = "$command_id" ] || continue
        journal command_ended "{\"id\":\"$first\",\"code\":$second,\"timedOut\":false}"
        command_id=
        ;;
      tick) command_left=$((command_left - 1)) ;;
      unlock) [ "$first" != "$nonce" ] || command_left=0 ;;
      claim) refuse_claim "$first" ;;
    esac
  done
}

# ---- the runner is gone -------------------------------------------------------------------------------------------

revert() {
  script=$run/armed
  [ -f "$script" ] || script=$state/armed
  journal auto_revert_started "{\"reason\":\"$1\"}"
  attempt=1
  while :; do
    command_id=revert
    rm -f "$run/pid.revert"
    (
      exec 4>&- 5<&- 6>&-
      (
        umask "$umask_before"
        exec 3>&- 9>&-
        exec $own_session sh "$script"
      ) </dev/null >"$run/revert.log" 2>&1 &
      echo "$!" >"$run/pid.revert"
      if [ -e "$run/leased" ]; then echo "$!" >"$state/lock.d/command"; fi
      wait "$!"
      printf 'ended revert %s\n' "$?" >&3
    ) &
    await_command "$REVERT_LIMIT"
    cp "$run/revert.log" "$state/revert.log"
    if [ "$command_code" -eq 0 ]; then
      rm -f "$state/armed"
      journal auto_reverted "{\"reason\":\"$1\",\"attempt\":$attempt,\"code\":0}"
      return 0
    fi
    [ "$attempt" -lt "$REVERT_ATTEMPTS" ] || break
    attempt=$((attempt + 1))
    sleep 5
  done
  # The arming stays on disk: the next keeper inherits it.
  journal auto_revert_failed "{\"reason\":\"$1\",\"attempt\":$attempt,\"code\":$command_code}"
}

lost() {
  if [ "$mode" = waiting ]; then leave; fi
  mode=reverting
  [ "$1" = unlocked ] || finish_command
  stop_command
  if [ -f "$run/armed" ] || [ -f "$state/armed" ]; then revert "$1"; else journal runner_lost "{\"reason\":\"$1\"}"; fi
  kill "$(cat "$run/cat")" 2>/dev/null
  leave
}

# ---- events -------------------------------------------------------------------------------------------------------

on_tick() {
  silent=$((silent + 1))
  case $mode in
    waiting)
      waited=$((waited + 1))
      [ "$silent" -lt "$heartbeat" ] || leave
      if try_lock; then
        opened
      elif [ "$waited" -ge "$wait_limit" ] && [ "$waited" -ge 2 ]; then
        answer "locked $(holder_field 3)"
        leave
      elif [ $((waited % 10)) -eq 1 ]; then
        answer "waiting $(holder_field 3)"
      fi
      ;;
    detached)
      detached_left=$((detached_left - 1))
      [ "$detached_left" -gt 0 ] || lost detached
      ;;
    open)
      [ "$silent" -lt "$heartbeat" ] || lost silence
      if [ -n "$command_id" ] && [ "$command_left" -ne 0 ]; then
        command_left=$((command_left - 1))
        [ "$command_left" -ne 0 ] || command_left=-1
        if [ "$command_left" -lt -5 ]; then signal_command KILL; elif [ "$command_left" -lt 0 ]; then signal_command TERM; fi
      fi
      ;;
  esac
}

on_ended() {
  [ "$1" = "$command_id" ] || return 0
  command_id=
  code=$2
  timed_out=false
  if [ "$command_left" -lt 0 ]; then
    code=124
    timed_out=true
  fi
  journal command_ended "{\"id\":\"$1\",\"code\":$code,\"timedOut\":$timed_out}" || answer "warning the journal cannot be written"
  answer "done $1 $code"
  rm -f "$run/$1" "$run/data.$1" "$run/pid.$1" "$run/pumps.$1"
}

arm() {
  [ -f "$run/$1" ] && cp "$run/$1" "$state/armed.new" && durable "$state/armed.new" &&
    mv "$run/$1" "$run/armed" && mv "$state/armed.new" "$state/armed" && durable "$state" && journal armed '{}'
}

# $1 verb, $2 id of the request, $3 its argument.
on_request() {
  silent=0
  case $1 in
    eof)
      # A runner that detached is expected to go.
      [ "$mode" = detached ] || lost eof
      return
      ;;
    beat)
      answer beat
      return
      ;;
  esac
  if [ "$mode" != open ]; then return; fi
  case $1 in
    run)
      if [ -n "$command_id" ] || [ ! -f "$run/$2" ] || [ ! -f "$run/data.$2" ]; then
        answer "error $2 the command did not arrive whole or another one runs"
        return
      fi
      journal command_started "$(cat "$run/data.$2")" || answer "warning the journal cannot be written"
      start_command "$2" "$3"
      ;;
    record)
      if [ -f "$run/$2" ] && journal "$3" "$(cat "$run/$2")"; then answer "ok $2"; else answer "error $2 the journal cannot be written"; fi
      rm -f "$run/$2"
      ;;
    show)
      (
        exec 3>&- 5<&- 6>&- 9>&-
        [ ! -f "$state/$3" ] || pump O "$2" <"$state/$3"
        printf 'done %s 0\n' "$2" >&4
      ) &
      ;;
    arm)
      if arm "$2"; then answer "ok $2"; else answer "error $2 the arming cannot be written to $state"; fi
      ;;
    disarm)
      rm -f "$run/armed"
      if rm -f "$state/armed" && durable "$state" && journal disarmed '{}'; then answer "ok $2"; else answer "error $2 the arming cannot be removed"; fi
      ;;
    detach)
      mode=detached
      detached_left=$3
      journal detached "{\"seconds\":$3}"
      answer "ok $2"
      ;;
    close)
      if [ -f "$state/armed" ]; then
        answer "error $2 still armed"
      else
        journal closed '{}'
        answer "ok $2"
        leave
      fi
      ;;
  esac
}

on_claim() {
  if [ "$mode" != detached ] || [ "$2" != "$nonce" ]; then
    refuse_claim "$1"
    return
  fi
  # Each session's answers go through a FIFO of its own: what still reads the last one's can swallow none of them.
  mv "$run/out.$1" "$run/out" 2>/dev/null || return 0
  exec 4<>"$run/out"
  mode=open
  session=$1
  silent=0
  kill "$(cat "$run/cat")" 2>/dev/null
  : >"$run/yes.$1"
  journal claimed '{}'
  arming=clean
  [ ! -f "$state/armed" ] || arming=inherited
  answer "open $epoch $arming claimed"
}

# A group of its own for each command, so that all of it can be killed.
if has setsid; then own_session=setsid; else own_session=; fi

trap 'printf "signal\n" >&3' HUP INT TERM
cat "$run/out" >&6 3>&- 4>&- 5<&- 9>&- &
echo "$!" >"$run/cat"
reader &
reader_pid=$!
ticker &
ticker_pid=$!
exec 5<&- 6>&-

if try_lock; then opened; else answer "waiting $(holder_field 3)"; fi
while :; do
  IFS=' ' read -r kind first second third fourth <&3 || continue
  case $kind in
    tick) on_tick ;;
    from) [ "$first" != "$session" ] || on_request "$second" "${third:-}" "${fourth:-}" ;;
    ended) on_ended "$first" "$second" ;;
    claim) on_claim "$first" "$second" ;;
    unlock) [ "$first" != "$nonce" ] || lost unlocked ;;
    usurped)
      mode=waiting
      stop_command
      leave
      ;;
    signal) [ "$mode" = detached ] || lost signal ;;
  esac
done
