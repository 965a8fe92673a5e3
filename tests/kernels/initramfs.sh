# SPDX-License-Identifier: MIT
# Sourced by run: what guests run from, one initramfs for all of them.
#
#   make_initramfs   makes $work/initramfs: busybox, $tool with its shared libraries, the Go programs, /init;
#                    or prints why it could not and returns 1. $work/initramfs.newest is for the guest with
#                    the newest kernel: it has bpftrace, too

# Built once and kept in the cache.
go_program_in() { # FOLDER NAME [VARIABLE=VALUE...] PACKAGE [FLAG...]
	local folder=$1 name=$2 built variables=("GOARCH=$arch")
	shift 2
	while [[ $1 == [A-Z]*=* ]]; do
		variables+=("$1")
		shift
	done
	built=$(/usr/bin/python3 -B "$here/../lib/builds.py" "${variables[@]}" "$folder" "$@") &&
		cp "$built" "$work/root/bin/$name"
}

go_program() { # NAME [VARIABLE=VALUE...] PACKAGE [FLAG...]
	go_program_in "$here/programs" "$@"
}

go_program_of() { # VERSION FOLDER NAME [VARIABLE=VALUE...] PACKAGE [FLAG...]
	local goroot version=$1 folder=$2 name=$3
	goroot=$(debian_cache)/go/$version/usr/lib/go-$version
	shift 3
	"$here/../../scripts/toolchains" "$version"
	GO=$goroot/bin/go go_program_in "$folder" "$name" "GOROOT=$goroot" "$@"
}

work_of() { # VERSION NAME [VARIABLE=VALUE...] PACKAGE [FLAG...]
	local version=$1 name=$2
	shift 2
	go_program_of "$version" "$here/programs" "work-of-$version-$name" "$@"
}

# The same with C in it.
cgo_work_of() { # VERSION NAME [FLAG...]
	local version=$1 name=$2
	shift 2
	work_of "$version" "$name" CGO_ENABLED=1 "CC=${guest_cc[*]}" ./work -ldflags=-extldflags=-fuse-ld=lld "$@"
}

# /bin/work-of-*: the program as others build it; .so: as a library, which /bin/c_host loads.
other_programs() {
	local version library libraries=/lib/aarch64-linux-gnu
	guest_cc=(clang --target=aarch64-linux-gnu "--sysroot=$sysroot" "--gcc-toolchain=$sysroot/usr" -fuse-ld=lld
		-Wno-unused-command-line-argument)
	work_of 1.24 stripped-pie ./work -buildmode=pie '-ldflags=-s -w' || return 1
	for version in 1.19 1.27; do
		work_of "$version" plain ./work && cgo_work_of "$version" cgo &&
			cgo_work_of "$version" internal -ldflags=-linkmode=internal &&
			cgo_work_of "$version" library.so -tags=shared -buildmode=c-shared &&
			cgo_work_of "$version" plugins -tags=plugin || return 1
	done
	"${guest_cc[@]}" -o "$work/root/bin/c_host" "$here/../fixtures/c_host/host.c" -ldl -lpthread || return 1
	# libresolv: of Go's net, from Go 1.20 on
	for library in libc.so.6 libresolv.so.2; do
		root_install "$libraries/$library" "$sysroot$libraries/$library" || return 1
	done
}

root_install() { # PATH FILE
	install -D -m 755 "$2" "$work/root$1"
}

# It is large, with all of LLVM: one guest has it.
add_bpftrace() {
	local folder
	folder=$(bpftrace_fetch) || return 1
	{
		cat "$work/initramfs"
		(cd "${folder%/*}" && find bpftrace | cpio -o -H newc --quiet)
	} >"$work/initramfs.newest"
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
	root_install /bin/records "$build/tests/hunt/records"
	tool_strip "$root/bin/gofuncgraph-c"
	tool_strip "$root/bin/records"
	[ -n "$cross" ] || ldd "$tool" | sed -n 's/^.*[ \t]\(\/[^ ]*\) (0x.*$/\1/p' | while read -r library; do
		root_install "$library" "$library"
	done
	{
		go_program work ./work && go_program check ./check -ldflags=-s &&
			go_program work-pie ./work -buildmode=pie &&
			go_program work-unoptimized ./work '-gcflags=all=-N -l' &&
			{ [ -n "$quick" ] || go_program_of 1.27 "$here/../fixtures" selfcheck GOFIPS140=latest ./selfcheck; } &&
			{ [ -n "$quick" ] || go_program_in "$here/../fixtures" typed ./typed; } &&
			{ [ -n "$quick" ] || go_program_in "$here/../fixtures" traceparent ./traceparent -tags=labels; } &&
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
	[ -n "$quick" ] || add_bpftrace || true
}
