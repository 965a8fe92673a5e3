# SPDX-License-Identifier: MIT
# Sourced by run: what guests run from, one initramfs for all of them.
#
#   make_initramfs   makes $work/initramfs: busybox, $tool with its shared libraries, the Go programs, /init;
#                    or prints why it could not and returns 1

# Built once and kept in the cache.
go_program() { # NAME [VARIABLE=VALUE...] PACKAGE [FLAG...]
	local name=$1 built variables=("GOARCH=$arch")
	shift
	while [[ $1 == [A-Z]*=* ]]; do
		variables+=("$1")
		shift
	done
	built=$(/usr/bin/python3 -B "$here/../lib/builds.py" "${variables[@]}" "$here/programs" "$@") &&
		cp "$built" "$work/root/bin/$name"
}

go_program_of() { # VERSION NAME [VARIABLE=VALUE...] [FLAG...]
	local goroot version=$1 name=$2
	goroot=$(debian_cache)/go/$version/usr/lib/go-$version
	shift 2
	"$here/../../scripts/toolchains" "$version"
	GO=$goroot/bin/go go_program "$name" "GOROOT=$goroot" "$@"
}

# /bin/work-of-*: the program as others build it.
other_programs() {
	local cc="clang --target=aarch64-linux-gnu --sysroot=$sysroot --gcc-toolchain=$sysroot/usr"
	local libc=/lib/aarch64-linux-gnu/libc.so.6
	go_program_of 1.19 work-of-1.19 ./work && go_program_of 1.27 work-of-1.27 ./work &&
		go_program_of 1.24 work-of-1.24-stripped-pie ./work -buildmode=pie '-ldflags=-s -w' &&
		go_program_of 1.27 work-of-1.27-cgo CGO_ENABLED=1 "CC=$cc" ./work -ldflags=-extldflags=-fuse-ld=lld &&
		go_program_of 1.19 work-of-1.19-cgo CGO_ENABLED=1 "CC=$cc" ./work -ldflags=-extldflags=-fuse-ld=lld &&
		root_install "$libc" "$sysroot$libc"
}

root_install() { # PATH FILE
	install -D -m 755 "$2" "$work/root$1"
}

make_initramfs() {
	local root=$work/root library busybox
	mkdir -p "$root/bin" "$root/proc" "$root/sys" "$root/dev" "$root/tmp" || return 1
	if ! busybox=$(busybox_fetch); then
		echo "no busybox-static"
		return 1
	fi
	cp "$busybox" "$root/bin/busybox"
	ln -s busybox "$root/bin/sh"
	root_install /init "$here/init"
	root_install /bin/gofuncgraph-c "$tool"
	tool_strip "$root/bin/gofuncgraph-c"
	[ -n "$cross" ] || ldd "$tool" | sed -n 's/^.*[ \t]\(\/[^ ]*\) (0x.*$/\1/p' | while read -r library; do
		root_install "$library" "$library"
	done
	{
		go_program work ./work && go_program check ./check -ldflags=-s &&
			go_program work-pie ./work -buildmode=pie &&
			go_program work-unoptimized ./work '-gcflags=all=-N -l' &&
			{ [ -z "$cross" ] || [ -n "$quick" ] || other_programs; }
	} 2>"$work/go.log" || {
		echo "the Go programs cannot be built: $(tr '\n' ' ' <"$work/go.log")"
		return 1
	}
	root_install "$loader" "$(readlink -f "$sysroot$loader")"
	# Not compressed: emulation would unpack it slowly.
	(cd "$root" && find . | cpio -o -H newc --quiet) >"$work/initramfs" || {
		echo "no initramfs could be made (cpio)"
		return 1
	}
}
