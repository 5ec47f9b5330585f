#!/usr/bin/env bash
# Sourced: packages of another release than the machine's, without touching its own sources.

say() { printf 'install: %s\n' "$*"; }

# Downloads PACKAGE... of SUITE into DIR as .deb files. An apt configuration of its own; the archive's address is the one
# that the machine's own sources (in either of their formats: apt reads them) give for its release.
download_from() { # SUITE DIR PACKAGE...
  local suite=$1 directory=$2 release archive own status=0
  shift 2
  # shellcheck source=/dev/null
  release=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
  # shellcheck disable=SC2016
  archive=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' 'Created-By: Packages' |
    awk -v release="$release" '$1 == release && $2 == "main" && !found { print $3; found = 1 }')
  [ -n "$archive" ] || { say "no archive for $release main in the apt sources" >&2; return 1; }
  own=$(mktemp -d)
  mkdir -p "$own/lists/partial" "$own/cache/archives/partial" "$directory"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $archive $suite main" >"$own/sources.list"
  apt_own() {
    apt-get -qq -o "Dir::Etc::SourceList=$own/sources.list" -o Dir::Etc::SourceParts=/dev/null \
      -o "Dir::State::Lists=$own/lists" -o "Dir::Cache=$own/cache" -o APT::Sandbox::User=root \
      -o Acquire::Languages=none "$@"
  }
  (apt_own update && cd "$directory" && apt_own download "$@") || status=$?
  rm -rf "$own"
  return "$status"
}
