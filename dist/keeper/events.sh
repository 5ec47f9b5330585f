# What each event means.

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
