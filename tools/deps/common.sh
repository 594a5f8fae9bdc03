# shellcheck shell=bash
# Sourced by tools/deps/fetch and tools/qemu/*: where the cache is, how steps run, host packages.

cache=${TEEKMS_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/teekms}
me=${0##*/}

say() { printf '%s: %s\n' "$me" "$*"; }
die() {
	printf '%s: %s\n' "$me" "$*" >&2
	exit "${die_status:-1}"
}

# cache_open ROOM: make $room, the part of the cache this run works in, and be alone in it.
cache_open() {
	mkdir -p "$cache/$1/stamps"
	cache=$(cd "$cache" && pwd)
	# make splits its variables at blanks, and has no way to quote them.
	case $cache in *[[:space:]]*) die "no blanks in the cache path, please: $cache" ;; esac
	room=$cache/$1
	log=$room/$me.log
	exec 9>"$room/.lock"
	flock -n 9 || say "waiting for another run in $room"
	flock -w 900 9 || die "another run holds $room/.lock for 15 minutes"
	: >"$log"
}

key_of() { cat "$@" | sha256sum | cut -d' ' -f1; }

# stage NAME KEY FUNCTION: run FUNCTION unless it already ran with the same KEY. Its output goes to
# the log, of which the end is shown when it fails.
stage() {
	local name=$1 key=$2 fn=$3 t0=$SECONDS stamp=$room/stamps/$1
	if [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$key" ]; then
		say "$name: up to date"
		return
	fi
	rm -f "$stamp"
	exec 3>&2
	trap 'stage_failed $?' EXIT
	# Not "if fn", which would switch off errexit inside it.
	"$fn" >>"$log" 2>&1 9>&-
	trap - EXIT
	printf '%s\n' "$key" >"$stamp"
	say "$name: done in $((SECONDS - t0)) s"
}
stage_failed() {
	[ "$1" = 0 ] || { tail -n 25 "$log" && say "FAILED (status $1), full log: $log"; } >&3
}

as_root() {
	if [ "$(id -u)" = 0 ]; then
		"$@"
	else
		sudo "$@"
	fi
}

# host_packages NAME...: install those Debian packages that are missing.
host_packages() {
	local p missing=()
	for p in "$@"; do
		dpkg-query -W -f='${db:Status-Abbrev}' "$p" 2>/dev/null | grep -q '^ii' || missing+=("$p")
	done
	[ ${#missing[@]} -gt 0 ] || return 0
	[ "$(id -u)" = 0 ] || command -v sudo >/dev/null ||
		die "neither root nor sudo here; please run: apt-get install ${missing[*]}"
	say "installing Debian packages: ${missing[*]}"
	as_root apt-get -q -o DPkg::Lock::Timeout=300 update >>"$log" 2>&1 ||
		say "apt-get update failed, trying with the lists there are"
	as_root env DEBIAN_FRONTEND=noninteractive apt-get -q -y --no-install-recommends \
		-o DPkg::Lock::Timeout=300 install "${missing[@]}" >>"$log" 2>&1 9>&- ||
		die "apt-get install ${missing[*]} failed, see $log"
}
