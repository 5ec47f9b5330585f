#!/bin/sh
# Runs inside a machine of the lab (its own mount, pid, network, host name and ipc namespaces).
#
#   machine.sh boot DIR NAME ADDRESS DOCKER SSH
#                             pid 1's only child: mounts, users, daemons; stays until the machine ends.
#                             DOCKER is yes, absent (no docker command either); SSH is yes or no
#   machine.sh start-engine   starts dockerd and keeps it up    machine.sh stop-engine   stops it, containers too
#   machine.sh start-sshd     starts sshd             machine.sh stop-sshd     stops listening; open sessions go on
#   machine.sh kill-sshd      SIGKILL to the listener and to all sessions
set -eu
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH
LAB=/run/lab

private_mounts() { # DOCKER; in the machine's own folder
  mount -t proc proc /proc
  # Every path of the machine's own is relative: the folder may lie below one that is about to be hidden.
  mkdir -p etc etc.work
  mount -t overlay overlay -o lowerdir=/etc,upperdir=etc,workdir=etc.work /etc
  # The programs of another engine version lie over the installed ones, in this machine only.
  if [ -d binaries ]; then
    for program in binaries/*; do
      installed=$(command -v "${program##*/}") || { echo "no installed program ${program##*/} to lay it over" >&2; exit 1; }
      mount --bind "$program" "$(readlink -f "$installed")"
    done
  fi
  # A machine without Docker has no such command at all, so that a shell answers 127 as on a real one.
  if [ "$1" = absent ]; then
    for folder in usr/local/bin usr/bin; do
      [ -e "/$folder/docker" ] || continue
      mkdir -p "hidden/$folder" "hidden.work/$folder"
      mount -t overlay overlay -o "lowerdir=/$folder,upperdir=hidden/$folder,workdir=hidden.work/$folder" "/$folder"
      rm "/$folder/docker"
    done
  fi
  for folder in run var/lib/docker var/lib/containerd root home srv opt tmp; do
    mkdir -p "disk/$folder" "/$folder"
    mount --bind "disk/$folder" "/$folder"
  done
  for folder in var/tmp var/log var/www; do
    [ -d "/$folder" ] || continue
    mkdir -p "disk/$folder"
    mount --bind "disk/$folder" "/$folder"
  done
  chmod 700 /root
  chmod 1777 /tmp /var/tmp
  # The rest belongs to the machine that carries this one: what is not private cannot be written.
  mount -o remount,bind,ro /
  cd /
}

names() { # NAME ADDRESS
  hostname "$1"
  rm -f /etc/resolv.conf /etc/hosts
  # Nothing listens there: a look-up fails at once instead of leaving the machine.
  echo 'nameserver 127.0.0.1' >/etc/resolv.conf
  printf '127.0.0.1 localhost\n%s %s\n' "$2" "$1" >/etc/hosts
}

user_deploy() {
  getent group docker >/dev/null || echo 'docker:x:7320:' >>/etc/group
  if ! getent passwd deploy >/dev/null; then
    echo 'deploy:x:7321:' >>/etc/group
    echo 'deploy:x:7321:7321::/home/deploy:/bin/bash' >>/etc/passwd
    echo 'deploy:*:20000:0:99999:7:::' >>/etc/shadow
    sed -i 's/^\(docker:.*:.*:\)$/\1deploy/; t; s/^\(docker:.*:.*:..*\)$/\1,deploy/' /etc/group
  fi
  # "!" would be a locked account, which sshd refuses even with a key.
  sed -i 's/^root:[^:]*:/root:*:/' /etc/shadow
  mkdir -p /home/deploy
  for home in /root /home/deploy; do
    mkdir -p "$home/.ssh"
    cp "$LAB/authorized_keys" "$home/.ssh/authorized_keys"
    chmod 700 "$home/.ssh"
    chmod 600 "$home/.ssh/authorized_keys"
  done
  chown -R deploy:deploy /home/deploy
}

configure_sshd() {
  cp "$LAB/host_key" /etc/ssh/lab_host_key
  chmod 600 /etc/ssh/lab_host_key
  cat >/etc/ssh/sshd_config <<'CONFIG'
Port 22
ListenAddress 0.0.0.0
HostKey /etc/ssh/lab_host_key
PasswordAuthentication no
KbdInteractiveAuthentication no
PermitRootLogin prohibit-password
UsePAM no
UseDNS no
PidFile /run/sshd.pid
LogLevel VERBOSE
Subsystem sftp internal-sftp
CONFIG
}

start_sshd() {
  mkdir -p /run/sshd
  # The listener writes its pid file when it listens.
  /usr/sbin/sshd -E "$LAB/sshd.log"
}

stop_daemon() { # pid file
  pid=$(cat "$1" 2>/dev/null) || return 0
  kill "$pid" 2>/dev/null || return 0
  left=600
  while kill -0 "$pid" 2>/dev/null; do
    left=$((left - 1))
    if [ "$left" -eq 0 ]; then
      echo "process $pid did not end within 30 s" >&2
      exit 1
    fi
    sleep 0.05
  done
  rm -f "$1"
}

kill_sshd() {
  # The machine has process ids of its own: no sshd of another one is among them.
  # shellcheck disable=SC2046 # process ids
  kill -KILL $(ps -C sshd,sshd-session,sshd-auth -o pid=)
  rm -f /run/sshd.pid
}

start_engine() {
  # Names whoever keeps the engine up; an earlier one that has not yet noticed its end finds another name.
  echo "$$" >"$LAB/engine"
  # Forked away, so that pid 1 is its parent and takes its end; a dead child of ours would look alive for ever.
  setsid --fork sh "$LAB/machine.sh" keep-engine "$$" >>"$LAB/dockerd.log" 2>&1 </dev/null
}

# An engine that ends without being told to comes back, as under systemd, and its log says so.
keep_engine() { # name
  while [ "$(cat "$LAB/engine")" = "$1" ]; do
    code=0
    dockerd --host unix:///run/docker.sock --pidfile /run/docker.pid --group docker \
      --data-root /var/lib/docker --exec-root /run/docker || code=$?
    echo "lab: the engine ended with code $code"
    sleep 1
  done
}

stop_engine() {
  echo off >"$LAB/engine"
  stop_daemon /run/docker.pid
}

boot() { # DIR NAME ADDRESS DOCKER SSH
  # The network is there when the other side says so.
  read -r go
  [ "$go" = go ]
  cd "$1"
  private_mounts "$4"
  names "$2" "$3"
  ip link set lo up
  ip link set eth0 up
  ip address add "$3/24" dev eth0
  if [ "$5" = yes ]; then
    user_deploy
    configure_sshd
    start_sshd
  fi
  if [ "$4" = yes ]; then
    mkdir -p /etc/docker
    cp "$LAB/daemon.json" /etc/docker/daemon.json
    start_engine
  fi
  echo booted
  exec sleep infinity
}

case "${1:-}" in
  boot) shift && boot "$@" ;;
  start-engine) start_engine ;;
  stop-engine) stop_engine ;;
  keep-engine) keep_engine "$2" ;;
  start-sshd) start_sshd ;;
  stop-sshd) stop_daemon /run/sshd.pid ;;
  kill-sshd) kill_sshd ;;
  *)
    echo "machine.sh: unknown command '${1:-}'" >&2
    exit 1
    ;;
esac
