# The runner is gone.

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
  # What is being sent goes nowhere now. Unread it would fill the FIFO, and its writers, the command among them, would wait.
  kill "$(cat "$run/cat")" 2>/dev/null
  cat "$run/out" >/dev/null 3>&- 4>&- 9>&- &
  [ "$1" = unlocked ] || finish_command
  stop_command
  if [ -f "$run/armed" ] || [ -f "$state/armed" ]; then revert "$1"; else journal runner_lost "{\"reason\":\"$1\"}"; fi
  leave
}
