# SPDX-License-Identifier: MIT
# Sourced by run, with $arch as amd64 or arm64: kernels, QEMU and busybox for it from Debian's suites,
# unpacked below ${XDG_CACHE_HOME:-~/.cache}/gofuncgraph-c/kernels. What is there already is not fetched
# again.
#
#   kernel_fetch NAME   NAME: 5.10, 6.1, 6.12, any 6.N or 7.N of trixie-backports, or newest;
#                       prints the kernel's path and its release
#   qemu_fetch          sets qemu to an array: a command that runs QEMU 10 or newer
#   qemu_user_fetch     prints the path of a program that runs those of $arch
#   busybox_fetch       prints the path of a static busybox
#   bpftrace_fetch      prints the path of a folder with bpftrace and its libraries in usr
#
# Each says on standard error why it could not, and returns 1.

. "$here/../../scripts/debian.sh"
kernels_cache=$(debian_cache)/kernels
host=$(dpkg --print-architecture)
if [ "$arch" != "$host" ]; then
	kernels_cache=$kernels_cache/$arch
	guest_architecture=$arch
fi

# Debian's packages for the guest: debian_COMMAND.
guest_debian() { # COMMAND ARGUMENT...
	local command=$1
	shift
	DEBIAN_ARCHITECTURE=${guest_architecture:-} "debian_$command" "$@"
}

# Prints "SUITE PACKAGE". From 6.19 the kernel is in linux-binary-*, before in linux-image-*.
kernel_package() { # NAME
	local suite=trixie-backports prefix="linux-(image|binary)-$1\\." found
	case $1 in
	5.10) suite=bullseye ;;
	6.1) suite=bookworm ;;
	6.12) suite=trixie ;;
	newest) prefix="linux-binary-[0-9]" ;;
	esac
	found=$(guest_debian packages "$suite" linux- | grep -E "^$prefix.*[0-9]-cloud-$arch\$" |
		sed 's/^linux-\([a-z]*\)-\(.*\)$/\2 \1/' | sort -V | tail -n 1)
	# Where both have the release, the sort put "binary" first.
	[ -n "$found" ] || return 1
	if guest_debian packages "$suite" "linux-binary-${found% *}" | grep -qx "linux-binary-${found% *}"; then
		found="${found% *} binary"
	fi
	echo "$suite linux-${found#* }-${found% *}"
}

kernel_fetch() { # NAME
	local folder=$kernels_cache/$1 new suite package image
	mkdir -p "$kernels_cache"
	(
		flock -w 900 9 || exit 1
		# A kernel is looked for again when a week has passed; without a network, the old one does.
		if [ ! -s "$folder/vmlinuz" ] || [ -n "$(find "$folder/release" -mtime +7 2>/dev/null)" ]; then
			new=$folder.new.$$
			rm -rf "$new"
			mkdir -p "$new"
			read -r suite package < <(kernel_package "$1")
			if [ -n "${package:-}" ] && [ "$(cat "$folder/package" 2>/dev/null)" = "$package" ]; then
				touch "$folder/release"
			elif [ -n "${package:-}" ] && guest_debian download "$suite" "$new" "$package"; then
				# In /boot to 7.1, below /usr/lib/modules from 7.2. Modules are not needed.
				dpkg --fsys-tarfile "$new"/*.deb | tar -x -C "$new" --wildcards \
					'./boot/vmlinuz-*' './*lib/modules/*/vmlinuz' 2>/dev/null
				image=$(find "$new" -name 'vmlinuz*' -type f | head -n 1)
				if [ -n "$image" ]; then
					mv "$image" "$new/image"
					rm -rf "$folder"
					mkdir "$folder"
					mv "$new/image" "$folder/vmlinuz"
					echo "$package" >"$folder/package"
					echo "${package#linux-*-}" >"$folder/release"
				fi
			fi
			rm -rf "$new"
		fi
		if [ ! -s "$folder/vmlinuz" ]; then
			echo "no Debian kernel $1 could be fetched${package:+ ($package of $suite)}" >&2
			exit 1
		fi
	) 9>"$kernels_cache/$1.lock" || return 1
	echo "$folder/vmlinuz $(cat "$folder/release")"
}

qemu_major() { # COMMAND...
	"$@" --version 2>/dev/null | sed -n 's/^QEMU emulator version \([0-9]*\)\..*/\1/p'
}

# What `apt-get install PACKAGE` would install on this system, with what is installed already left out,
# as "NAME=VERSION" lines.
qemu_packages() { # PACKAGE SUITE...
	local suite root package=$1
	shift
	root=$(debian_cache)/apt/qemu
	mkdir -p "$root/lists/partial" "$root/archives/partial" "$root/parts"
	for suite in "$@"; do
		cat "$(debian_configure "$suite")/sources.list"
	done >"$root/sources.list"
	debian_update "$root" || return 1
	debian_apt "$root" "$(command -v apt-get)" -s -o Dir::State::status=/var/lib/dpkg/status \
		--no-install-recommends -t "${!#}" install "$package" 2>"$root/solve.log" |
		awk '/^Inst / { v = $3; if (v ~ /^\[/) v = $4; sub(/^\(/, "", v); print $2 "=" v }'
}

# Unpacks (never installs) a package with QEMU, from the newest suite that fits this system.
qemu_unpack() { # PACKAGE FOLDER
	local folder=$2 suites packages codename root
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	suites=$codename
	[ "$codename" = bookworm ] && suites="bookworm bookworm-backports"
	rm -rf "$folder" "$folder.new"
	mkdir -p "$folder.new/debs"
	# shellcheck disable=SC2086
	packages=$(qemu_packages "$1" $suites)
	root=$(debian_cache)/apt/qemu
	# shellcheck disable=SC2086
	if [ -z "$packages" ] || ! debian_fetch "$root" "$folder.new/debs" $packages; then
		tail -n 3 "$root/solve.log" "$root/download.log" >&2
		return 1
	fi
	for deb in "$folder.new/debs"/*.deb; do
		dpkg -x "$deb" "$folder.new"
	done
	rm -rf "$folder.new/debs"
	mv "$folder.new" "$folder"
}

# QEMU 7.2 of Debian 12 crashes guests of 6.12 half of the time, so there its backport is taken.
qemu_fetch() {
	local folder=$kernels_cache/qemu package=qemu-system-x86 command=qemu-system-x86_64 libraries major
	[ "$arch" = amd64 ] || package=qemu-system-arm command=qemu-system-aarch64
	if [ "$(qemu_major "$command")" -ge 10 ] 2>/dev/null; then
		qemu=("$command")
		return 0
	fi
	libraries=$(uname -m)-linux-gnu
	qemu=(env "LD_LIBRARY_PATH=$folder/usr/lib/$libraries:$folder/lib/$libraries"
		"$folder/usr/bin/$command" -L "$folder/usr/share/qemu" -L "$folder/usr/share/seabios")
	mkdir -p "$kernels_cache"
	(
		flock -w 900 9 || exit 1
		[ "$(qemu_major "${qemu[@]}")" != "" ] || qemu_unpack "$package" "$folder"
	) 9>"$kernels_cache/qemu.lock"
	major=$(qemu_major "${qemu[@]}")
	if [ "${major:-0}" -lt 10 ]; then
		echo "no QEMU of 10 or newer (apt-get install $package, from a suite that has it)" >&2
		return 1
	fi
}

qemu_user_fetch() {
	local folder=$kernels_cache/qemu-user command=qemu-aarch64
	mkdir -p "$kernels_cache"
	(
		flock -w 900 9 || exit 1
		[ -x "$folder/usr/bin/$command" ] || qemu_unpack qemu-user "$folder"
	) 9>"$kernels_cache/qemu.lock"
	[ -x "$folder/usr/bin/$command" ] || return 1
	echo "$folder/usr/bin/$command"
}

busybox_fetch() {
	local codename folder=$kernels_cache/busybox found
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	mkdir -p "$kernels_cache"
	(
		flock -w 900 9 || exit 1
		[ -d "$folder" ] && exit 0
		rm -rf "$folder.new"
		guest_debian unpack "$codename" "$folder.new" busybox-static && mv "$folder.new" "$folder"
	) 9>"$kernels_cache/busybox.lock"
	found=$(find "$folder" -path '*/bin/busybox' -type f 2>/dev/null | head -n 1)
	[ -n "$found" ] || return 1
	echo "$found"
}

bpftrace_fetch() {
	local folder=$kernels_cache/bpftrace
	mkdir -p "$kernels_cache"
	(
		flock -w 900 9 || exit 1
		[ -d "$folder" ] && exit 0
		rm -rf "$folder.new"
		# shellcheck disable=SC2046
		guest_debian unpack trixie "$folder.new" $(guest_debian needs trixie bpftrace) || exit 1
		rm -rf "$folder.new/usr/share"
		mv "$folder.new" "$folder"
	) 9>"$kernels_cache/bpftrace.lock" || return 1
	echo "$folder"
}
