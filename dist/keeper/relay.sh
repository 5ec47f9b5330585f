# Taking over a detached keeper.

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
