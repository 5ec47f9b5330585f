#!/usr/bin/env bash
# Installs what the lab, the demo and the tests need on Debian or Ubuntu: only what is missing, nothing that runs afterwards.
# Usage, as root: lab/install.sh [engine] [tools] [browser] [proxies]     without arguments: all of them
#   engine   Docker engine with Compose v2 and Buildx, sshd and what servers of their own are made of
#   tools    shellcheck, dash, zstd, git, tar
#   browser  a Chromium for Playwright and Lighthouse
#   proxies  HAProxy, Caddy and nginx, whose programs go into images of the lab
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive

# shellcheck source=lab/apt.sh
. "$(dirname "${BASH_SOURCE[0]}")/apt.sh"

have() { command -v "$1" >/dev/null 2>&1; }

# A client of another make than the engine's package may lie first in PATH: what answers is what counts.
plugin_answers() { docker "$1" version >/dev/null 2>&1; }
has_browser() { have chromium || have google-chrome || { have chromium-browser && chromium-browser --version >/dev/null 2>&1; }; }

# command:package
ENGINE='dockerd:docker.io sshd:openssh-server ssh:openssh-client ssh-keygen:openssh-client iptables:iptables ip:iproute2
  busybox:busybox-static tini:tini nsenter:util-linux unshare:util-linux ps:procps'
PROXIES='haproxy:haproxy caddy:caddy nginx:nginx'
TOOLS='shellcheck:shellcheck dash:dash zstd:zstd git:git tar:tar'

missing_packages() { # list of command:package -> names of packages, each once
  local pair
  for pair in $1; do
    # sshd and iptables live in sbin, which a login may not have in its PATH
    PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin" have "${pair%%:*}" || printf '%s\n' "${pair#*:}"
  done | sort -u
}

# What is missing, in words, for the parts asked for; empty when all is there.
missing() {
  local part
  for part in "$@"; do
    case "$part" in
      engine)
        missing_packages "$ENGINE"
        have docker || echo 'docker-cli'
        plugin_answers compose || echo 'docker-compose-v2'
        plugin_answers buildx || echo 'docker-buildx'
        ;;
      tools) missing_packages "$TOOLS" ;;
      proxies) missing_packages "$PROXIES" ;;
      browser) has_browser || echo 'chromium' ;;
    esac
  done
}

updated=
apt_update() {
  [ -z "$updated" ] || return 0
  say 'reading the package lists'
  apt-get update -qq || say 'some package lists could not be read; going on with those that could'
  updated=yes
}

has_candidate() { [ -n "$(apt-cache madison "$1" 2>/dev/null)" ]; }

# Packages start their daemons after installation. In a mount namespace of this one command the programs that would do it
# are switched off: neither a policy file nor a running dockerd or sshd is left behind.
quietly() {
  # shellcheck disable=SC2016
  unshare --mount sh -ec '
    for starter in /usr/sbin/invoke-rc.d /usr/bin/deb-systemd-invoke; do
      [ ! -e "$starter" ] || mount --bind /bin/true "$starter"
    done
    exec "$@"' quietly "$@"
}

install_packages() {
  [ $# -gt 0 ] || return 0
  apt_update
  say "installing $*"
  quietly apt-get install -y -qq --no-install-recommends -o Dpkg::Use-Pty=0 "$@" >/dev/null
}

# Debian 12 has neither plugin; the next release's need nothing that 12 lacks.
install_plugins_from_next_release() {
  local debs status=0
  say "installing $* from trixie (this release has none)"
  debs=$(mktemp -d)
  { download_from trixie "$debs" "$@" && quietly dpkg -i "$debs"/*.deb >/dev/null; } || status=$?
  rm -rf "$debs"
  return "$status"
}

install_plugins() {
  local wanted=() next=() name
  if ! plugin_answers compose; then
    # Debian's docker-compose is the plugin from release 13 on; before it is the old 1.29.
    if has_candidate docker-compose-v2; then wanted+=(docker-compose-v2)
    elif has_candidate docker-buildx; then wanted+=(docker-compose)
    else next+=(docker-compose); fi
  fi
  if ! plugin_answers buildx; then
    if has_candidate docker-buildx; then wanted+=(docker-buildx); else next+=(docker-buildx); fi
  fi
  install_packages "${wanted[@]}"
  [ ${#next[@]} -eq 0 ] || install_plugins_from_next_release "${next[@]}"
  for name in compose buildx; do
    plugin_answers "$name" || { say "docker $name does not answer after the installation"; return 1; }
  done
}

install_part() {
  local packages
  case "$1" in
    engine)
      mapfile -t packages < <(missing_packages "$ENGINE")
      install_packages "${packages[@]}"
      # Since Debian 13 the client is a package of its own.
      if ! have docker; then apt_update; install_packages docker-cli; fi
      if ! plugin_answers compose || ! plugin_answers buildx; then apt_update; install_plugins; fi
      ;;
    tools)
      mapfile -t packages < <(missing_packages "$TOOLS")
      install_packages "${packages[@]}"
      ;;
    proxies)
      mapfile -t packages < <(missing_packages "$PROXIES")
      install_packages "${packages[@]}"
      ;;
    browser)
      has_browser && return 0
      apt_update
      # On Ubuntu the package is only a pointer to a snap, which needs a running snapd.
      # shellcheck source=/dev/null
      if [ "$(. /etc/os-release && echo "$ID")" = ubuntu ]; then
        say 'Ubuntu has Chromium only as a snap: install chromium or google-chrome yourself and run this again'
        return 1
      fi
      install_packages chromium
      ;;
  esac
}

main() {
  local parts=("$@") part lacking
  [ ${#parts[@]} -gt 0 ] || parts=(engine tools browser proxies)
  for part in "${parts[@]}"; do
    case "$part" in
      engine | tools | browser | proxies) ;;
      *) say "unknown part '$part': engine, tools, browser or proxies"; return 1 ;;
    esac
  done
  lacking=$(missing "${parts[@]}" | sort -u | tr '\n' ' ')
  if [ -z "$lacking" ]; then
    say "everything is there (${parts[*]})"
    return 0
  fi
  if [ "$(id -u)" -ne 0 ]; then
    say "missing: $lacking- run this as root, or install them yourself"
    return 1
  fi
  if ! have apt-get; then
    say "missing: $lacking- this machine has no apt-get, install them yourself"
    return 1
  fi
  for part in "${parts[@]}"; do install_part "$part"; done
  lacking=$(missing "${parts[@]}" | sort -u | tr '\n' ' ')
  if [ -n "$lacking" ]; then
    say "still missing: $lacking"
    return 1
  fi
  say "done (${parts[*]})"
}

main "$@"
