# SPDX-License-Identifier: MIT
# Sourced by run: kernels, QEMU and busybox from Debian's suites, unpacked below
# ${XDG_CACHE_HOME:-~/.cache}/gofuncgraph-c/kernels. What is there already is not fetched again.
#
#   kernel_fetch NAME   NAME: 5.10, 6.1, 6.12, any 6.N or 7.N of trixie-backports, or newest;
#                       prints the kernel's path and its release
#   qemu_fetch          sets qemu to an array: a command that runs QEMU 10 or newer
#   busybox_fetch       prints the path of a static busybox
#
# Each says on standard error why it could not, and returns 1.

. "$here/../../scripts/debian.sh"
kernels_cache=$(debian_cache)/kernels

# Prints "SUITE PACKAGE". From 6.19 the kernel is in linux-binary-*, before in linux-image-*.
kernel_package() { # NAME
	local suite=trixie-backports prefix="linux-(image|binary)-$1\\." found
	case $1 in
	5.10) suite=bullseye ;;
	6.1) suite=bookworm ;;
	6.12) suite=trixie ;;
	newest) prefix="linux-binary-[0-9]" ;;
	esac
	found=$(debian_packages "$suite" linux- | grep -E "^$prefix.*[0-9]-cloud-amd64\$" |
		sed 's/^linux-\([a-z]*\)-\(.*\)$/\2 \1/' | sort -V | tail -n 1)
	# Where both have the release, the sort put "binary" first.
	[ -n "$found" ] || return 1
	if debian_packages "$suite" "linux-binary-${found% *}" | grep -qx "linux-binary-${found% *}"; then
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
			elif [ -n "${package:-}" ] && debian_download "$suite" "$new" "$package"; then
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

# The packages that `apt-get install qemu-system-x86` would install on this system, with what is
# installed already left out, as "SUITE NAME=VERSION" lines.
qemu_packages() { # SUITE...
	local suite root
	root=$(debian_cache)/apt/qemu
	mkdir -p "$root/lists/partial" "$root/archives/partial" "$root/parts"
	for suite in "$@"; do
		cat "$(debian_configure "$suite")/sources.list"
	done >"$root/sources.list"
	debian_update "$root" || return 1
	debian_apt "$root" "$(command -v apt-get)" -s -o Dir::State::status=/var/lib/dpkg/status \
		--no-install-recommends -t "${!#}" install qemu-system-x86 2>"$root/solve.log" |
		awk '/^Inst / { v = $3; if (v ~ /^\[/) v = $4; sub(/^\(/, "", v); print $2 "=" v }'
}

# QEMU 7.2 of Debian 12 crashes guests of 6.12 half of the time, so there its backport is unpacked
# (never installed).
qemu_fetch() {
	local folder=$kernels_cache/qemu suites packages codename major
	major=$(qemu_major qemu-system-x86_64)
	if [ "${major:-0}" -ge 10 ]; then
		qemu=(qemu-system-x86_64)
		return 0
	fi
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	suites=$codename
	[ "$codename" = bookworm ] && suites="bookworm bookworm-backports"
	qemu=(env "LD_LIBRARY_PATH=$folder/usr/lib/x86_64-linux-gnu:$folder/lib/x86_64-linux-gnu"
		"$folder/usr/bin/qemu-system-x86_64" -L "$folder/usr/share/qemu" -L "$folder/usr/share/seabios")
	mkdir -p "$kernels_cache"
	(
		flock -w 900 9 || exit 1
		[ "$(qemu_major "${qemu[@]}")" != "" ] && exit 0
		rm -rf "$folder" "$folder.new"
		mkdir -p "$folder.new/debs"
		# shellcheck disable=SC2086
		packages=$(qemu_packages $suites)
		root=$(debian_cache)/apt/qemu
		# shellcheck disable=SC2086
		if [ -z "$packages" ] || ! debian_fetch "$root" "$folder.new/debs" $packages; then
			tail -n 3 "$root/solve.log" "$root/download.log" >&2
			exit 1
		fi
		for deb in "$folder.new/debs"/*.deb; do
			dpkg -x "$deb" "$folder.new"
		done
		rm -rf "$folder.new/debs"
		mv "$folder.new" "$folder"
	) 9>"$kernels_cache/qemu.lock"
	major=$(qemu_major "${qemu[@]}")
	if [ "${major:-0}" -lt 10 ]; then
		echo "no QEMU of 10 or newer (apt-get install qemu-system-x86, from a suite that has it)" >&2
		return 1
	fi
}

busybox_fetch() {
	local codename folder=$kernels_cache/busybox found
	codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-}")
	mkdir -p "$kernels_cache"
	(
		flock -w 900 9 || exit 1
		[ -d "$folder" ] && exit 0
		rm -rf "$folder.new"
		debian_unpack "$codename" "$folder.new" busybox-static && mv "$folder.new" "$folder"
	) 9>"$kernels_cache/busybox.lock"
	found=$(find "$folder" -path '*/bin/busybox' -type f 2>/dev/null | head -n 1)
	[ -n "$found" ] || return 1
	echo "$found"
}
