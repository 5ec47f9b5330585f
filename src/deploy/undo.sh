# shellcheck shell=sh disable=SC2034
# How the server puts a release back without its runner: the functions that the armed script (script.ts) calls. POSIX sh
# and docker, nothing else. Each looks first whether its effect is already there, and says in `failed` what could not be done.

failed=0

rejoin() {
  # $1 id, $2 network, then the names it answers to there
  id=$1 network=$2
  shift 2
  has=$(docker inspect --format "{{range \$name, \$entry := .NetworkSettings.Networks}}{{if eq \$name \"$network\"}}{{range \$entry.Aliases}}{{.}} {{end}}{{end}}{{end}}" "$id" 2>/dev/null)
  case " $has" in *" $1 "*) return 0 ;; esac
  docker network disconnect "$network" "$id" >/dev/null 2>&1
  for name; do
    shift
    set -- "$@" --alias "$name"
  done
  docker network connect "$@" "$network" "$id" >/dev/null || failed=1
}

is_running() { [ "$(docker inspect --format '{{.State.Running}}' "$1" 2>/dev/null)" = true ]; }

# New containers are those of the service with the new image that were not there before: observed, not remembered.
new_containers() {
  # $1 project, $2 compose service, $3 image, $4 ids that stay
  all=$(docker ps --all --quiet --no-trunc --filter "label=com.docker.compose.project=$1" \
    --filter "label=com.docker.compose.service=$2" --filter label=com.docker.compose.oneoff=False) || return 1
  for id in $all; do
    case " $4 " in *" $id "*) continue ;; esac
    image=$(docker inspect --format '{{.Config.Image}}' "$id") || return 1
    [ "$image" != "$3" ] || echo "$id"
  done
}

remove_new() {
  # An engine that does not say what there is has not said that there is nothing.
  found=$(new_containers "$@") || failed=1
  for id in $found; do
    docker stop "$id" >/dev/null 2>&1
    docker rm --force --volumes "$id" >/dev/null || failed=1
  done
}

must_exist() {
  # $1 id: what somebody else removed cannot come back, so what serves now must stay
  docker inspect --format '{{.Id}}' "$1" >/dev/null || failed=1
}

hide_old() {
  # $1 id, $2 network: it starts there without its names, so that no proxy asks it before it can answer
  is_running "$1" && return 0
  docker network disconnect "$2" "$1" >/dev/null 2>&1
  docker network connect "$2" "$1" >/dev/null || failed=1
}

start_old() {
  is_running "$1" || docker start "$1" >/dev/null || failed=1
}

answers() {
  # $1 id, then scheme, port and path of its health check; where nobody can ask, having stayed up for a while has to do
  address=$(docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$1" 2>/dev/null | tr -s ' ')
  address=${address# }
  address=${address%% *}
  [ -n "$address" ] || return 0
  if command -v curl >/dev/null; then
    curl --silent --fail --globoff --insecure --noproxy '*' --max-time 2 --output /dev/null "$2://$address:$3$4"
  elif [ "$2" = http ] && command -v wget >/dev/null; then
    http_proxy='' wget -q -T 2 -O /dev/null "http://$address:$3$4" 2>/dev/null
  elif [ "$2" = http ] && command -v busybox >/dev/null; then
    http_proxy='' busybox wget -q -T 2 -O /dev/null "http://$address:$3$4" 2>/dev/null
  else
    [ "$up" -gt 5 ]
  fi
}

wait_old() {
  # $1 id, $2 seconds: until its HEALTHCHECK, if it has one, is content, and, with three more words, it answers there too
  id=$1 left=$2 content=no up=0
  shift 2
  while [ "$left" -gt 0 ]; do
    state=$(docker inspect --format '{{.State.Running}} {{if .State.Health}}{{.State.Health.Status}}{{end}}' "$id" 2>/dev/null)
    case $state in
      'true ' | 'true healthy')
        content=yes up=$((up + 1))
        [ "$#" -gt 0 ] || return 0
        ! answers "$id" "$@" || return 0
        ;;
      *) content=no up=0 ;;
    esac
    sleep 1
    left=$((left - 1))
  done
  # It served before, so that one which only does not answer where the new version would have goes back all the same.
  [ "$content" = yes ] || failed=1
}

addresses() {
  docker inspect --format '{{range .NetworkSettings.Networks}}{{.IPAddress}} {{end}}' "$@" 2>/dev/null | {
    comma=
    while read -r address _; do printf '%s' "$comma$address" && comma=,; done
  }
}

proxies() {
  # $1 project, $2 compose service
  docker ps --quiet --filter "label=com.docker.compose.project=$1" --filter "label=com.docker.compose.service=$2"
}

address_on() {
  # $1 id, $2 network
  docker inspect --format "{{range \$name, \$entry := .NetworkSettings.Networks}}{{if eq \$name \"$2\"}}{{\$entry.IPAddress}}{{end}}{{end}}" "$1" 2>/dev/null
}

hosts_line() {
  # $1 proxy, $2 id, $3 network, then the names it answers to there
  address=$(address_on "$2" "$3")
  [ -n "$address" ] && [ -n "$(address_on "$1" "$3")" ] || return 0
  shift 3
  echo "$address $*"
}
