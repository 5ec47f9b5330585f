# The lock.

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
