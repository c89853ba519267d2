#!/bin/sh
# Installs the peers that salvo is measured beside into a folder, at the versions
# below. What cannot be installed is told and left out.
set -u
mkdir -p "$1"
dir=$(cd "$1" && pwd)
here=$(cd "$(dirname "$0")" && pwd)
go=${GO:-go}

# program module version
install() {
	[ -e "$dir/.$1-$3" ] && return
	echo "bench: installing $1 $3" >&2
	if (cd "$dir" && GOFLAGS=-mod=mod GOBIN="$dir" "$go" install "$2@$3") >"$dir/$1.log" 2>&1; then
		rm -f "$dir/.$1-"*
		: >"$dir/.$1-$3"
	else
		echo "bench: cannot install $1 $3; see $dir/$1.log" >&2
	fi
}
install hey github.com/rakyll/hey v0.1.5
install vegeta github.com/tsenart/vegeta/v12 v12.13.0
install fortio fortio.org/fortio v1.66.5
install k6 go.k6.io/k6 v1.8.1

# wrk comes as a Debian package, with the one library that not every system has.
if [ ! -e "$dir/wrk" ]; then
	echo "bench: installing wrk" >&2
	if (
		rm -rf "$dir/deb" && mkdir -p "$dir/deb" "$dir/lib" && cd "$dir/deb" || exit 1
		apt-get download wrk libluajit-5.1-2 || { apt-get update && apt-get download wrk libluajit-5.1-2; } || exit 1
		for p in *.deb; do dpkg -x "$p" . || exit 1; done
		find . -name 'libluajit-5.1.so*' -exec mv {} "$dir/lib/" \; && mv usr/bin/wrk "$dir/wrk"
	) >"$dir/wrk.log" 2>&1; then
		rm -rf "$dir/deb"
	else
		echo "bench: cannot install wrk; see $dir/wrk.log" >&2
	fi
fi

# The loops; without fasthttp when that cannot be had.
cd "$here/loops" &&
	{ "$go" build -o "$dir/loops" . 2>"$dir/loops.log" || "$go" build -tags nofasthttp -o "$dir/loops" .; }
