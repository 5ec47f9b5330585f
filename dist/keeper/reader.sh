# The runner's lines.

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
