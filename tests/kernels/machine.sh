# SPDX-License-Identifier: MIT
# Sourced by run, with $arch as amd64 or arm64: what differs by the guest's processor.
#
#   machine       an array: the arguments of QEMU that choose the machine
#   cpu_of NAME   prints which processor the guest with that kernel has
#   console       what the guest calls its serial line
#   boot_options  what else its kernel is told
#   loader        the path of the dynamic loader in a guest
#   sysroot_find  sets sysroot, where the guest's libraries are found ("" here: the host's own), and
#                 cross, meson's cross file for its processor, if it is not the host's
#   tool_build    builds a static tracer and sets BUILD to where
#   tool_strip FILE

case $arch in
amd64)
	machine=(-accel tcg,thread=single -M q35)
	console=ttyS0
	boot_options=no_timer_check # on a busy machine its ticks may come too late for that check, which then panics
	loader=/lib64/ld-linux-x86-64.so.2
	;;
arm64)
	machine=(-accel tcg,thread=multi -M virt)
	console=ttyAMA0
	boot_options=
	loader=/lib/ld-linux-aarch64.so.1
	;;
esac

cpu_of() {
	case $arch-$1 in
	arm64-6.12) echo cortex-a72 ;; # has no atomic instructions: Go's programs load and store exclusively
	arm64-*) echo neoverse-n1 ;;
	*) echo max ;;
	esac
}

sysroot=
cross=
sysroot_find() {
	[ "$arch" != "$host" ] || return 0
	cross=$("$here/../../scripts/install-deps" "cross-$arch") || return 1
	sysroot=$(dirname "$cross")/root
}

tool_build() {
	local file=$cross
	BUILD=$here/../../build-static${cross:+-$arch}
	(
		flock 9
		# Meson takes ccache by itself only where it chooses the compiler.
		if [ -n "$cross" ] && command -v ccache >&2; then
			file=${cross%.ini}-ccache.ini
			sed "s/^c = \['clang'/c = ['ccache', 'clang'/" "$cross" >"$file"
		fi
		[ -e "$BUILD/build.ninja" ] ||
			meson setup "$BUILD" "$here/../.." ${file:+--cross-file "$file"} -Dstatic=true >&2 || exit 1
		ninja -C "$BUILD" gofuncgraph-c tests/hunt/records >&2
	) 9>"$(debian_cache)/${BUILD##*/}.lock"
}

tool_strip() {
	llvm-strip -g "$1" 2>/dev/null || strip -g "$1" 2>/dev/null || true
}
