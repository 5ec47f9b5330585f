# The event loop: its readers and its ticker begin, and then one event after the other.

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
