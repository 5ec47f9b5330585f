# Commands: one at a time, each in a process group of its own.

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
