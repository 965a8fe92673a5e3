# SPDX-License-Identifier: MIT
# Sourced by scripts that need packages of other Debian suites than the one installed: Go toolchains,
# kernels, QEMU. Nothing is installed and the system's own apt is left as it is: a private apt
# configuration below the cache folder names the same mirrors as the system's own sources do, with
# another suite in them.
#
#   debian_download SUITE DIR PACKAGE...   fetches the newest PACKAGEs of SUITE into DIR (*.deb)
#   debian_unpack SUITE DIR PACKAGE...     the same, unpacked below DIR with dpkg -x
#   debian_packages SUITE PREFIX           names of SUITE's packages that start with PREFIX
#   debian_needs SUITE PACKAGE...          these and what they depend on, as debian_download takes them
#   debian_cache                           prints the cache folder of this project
#
# $DEBIAN_ARCHITECTURE: packages of another architecture than the host's (arm64).

DEBIAN_UPDATE_SECONDS=${DEBIAN_UPDATE_SECONDS:-180}
DEBIAN_DOWNLOAD_SECONDS=${DEBIAN_DOWNLOAD_SECONDS:-600}
# Package lists older than this are fetched again.
DEBIAN_LISTS_DAYS=${DEBIAN_LISTS_DAYS:-7}

debian_cache() {
	printf '%s\n' "${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/gofuncgraph-c"
}

# Prints "OPTIONS|URI" for each source of the system that carries Debian's own archive: those whose
# suite is the installed release and whose components hold main. Security, updates and other people's
# archives have other suites or no main.
debian_sources() {
	local codename
	codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
	{
		for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
			[ -r "$file" ] && cat "$file" && echo
		done
		for file in /etc/apt/sources.list.d/*.sources; do
			[ -r "$file" ] && echo && grep -v '^#' "$file" && echo
		done
	} | awk -v codename="$codename" '
		function want(suite) { return suite == codename || suite == "stable" || suite == "oldstable" }
		function finish(  uris, suites, n, m, i, j, options) {
			if (field["types"] ~ /(^| )deb( |$)/ && tolower(field["enabled"]) != "no" &&
			    (" " field["components"] " ") ~ / main /) {
				n = split(field["uris"], uris, " ")
				m = split(field["suites"], suites, " ")
				options = ""
				if (field["signed-by"] ~ /^\// )
					options = "signed-by=" field["signed-by"]
				if (field["trusted"] != "")
					options = options (options == "" ? "" : " ") "trusted=" field["trusted"]
				for (j = 1; j <= m; j++)
					if (want(suites[j]))
						for (i = 1; i <= n; i++)
							print options "|" uris[i]
			}
			split("", field)
		}
		/^deb[ \t]/ {
			options = ""
			if (match($0, /\[[^]]*\]/)) {
				options = substr($0, RSTART + 1, RLENGTH - 2)
				gsub(/(^| )arch[^ ]*=[^ ]*/, "", options)
				$0 = substr($0, 1, RSTART - 1) substr($0, RSTART + RLENGTH)
			}
			main = 0
			for (i = 4; i <= NF; i++)
				if ($i == "main")
					main = 1
			if (main && want($3))
				print options "|" $2
			next
		}
		/^deb-src[ \t]/ { next }
		/^[ \t]*$/ { finish(); next }
		/^[A-Za-z-]+:/ {
			name = tolower(substr($0, 1, index($0, ":") - 1))
			field[name] = substr($0, index($0, ":") + 1)
			gsub(/^[ \t]+|[ \t]+$/, "", field[name])
			next
		}
		/^[ \t]/ { gsub(/^[ \t]+/, ""); if (name != "") field[name] = field[name] " " $0 }
		END { finish() }
	' | sort -u | {
		# Where one of them looks like a Debian mirror, take only such ones.
		all=$(cat)
		printf '%s\n' "$all" | grep '|.*debian' || printf '%s\n' "$all"
	}
}

# Makes the private apt configuration of a suite and prints its folder.
debian_configure() {
	local suite=$1 root
	root=$(debian_cache)/apt/$suite${DEBIAN_ARCHITECTURE:+-$DEBIAN_ARCHITECTURE}
	mkdir -p "$root/lists/partial" "$root/archives/partial" "$root/parts" || return 1
	: >"$root/status"
	debian_sources | while IFS='|' read -r options uri; do
		[ -n "$uri" ] && printf 'deb %s%s %s main\n' "${options:+[$options] }" "$uri" "$suite"
	done >"$root/sources.list.new"
	if [ ! -s "$root/sources.list.new" ]; then
		echo "debian.sh: no source of Debian's main archive in /etc/apt" >&2
		return 1
	fi
	# Another mirror than last time: the old lists are of no use.
	if ! cmp -s "$root/sources.list.new" "$root/sources.list"; then
		rm -f "$root/updated"
	fi
	mv "$root/sources.list.new" "$root/sources.list"
	printf '%s\n' "$root"
}

# apt-get or apt-cache with the private configuration. Command line options come after all
# configuration files, so a proxy that the system has stays in force.
debian_apt() {
	local root=$1 program=$2
	shift 2
	DEBIAN_FRONTEND=noninteractive "$program" -q \
		-o Dir::State="$root" -o Dir::State::lists="$root/lists" -o Dir::State::status="$root/status" \
		-o Dir::Cache="$root" -o Dir::Cache::archives="$root/archives" \
		-o Dir::Etc::sourcelist="$root/sources.list" -o Dir::Etc::sourceparts="$root/parts" \
		-o Dir::Etc::preferences=/dev/null -o Dir::Etc::preferencesparts="$root/parts" \
		${DEBIAN_ARCHITECTURE:+-o APT::Architecture="$DEBIAN_ARCHITECTURE"} \
		${DEBIAN_ARCHITECTURE:+-o APT::Architectures="$DEBIAN_ARCHITECTURE"} \
		-o APT::Sandbox::User= -o Acquire::Languages=none -o Acquire::Retries=3 \
		-o Acquire::http::Timeout=30 -o Acquire::https::Timeout=30 \
		-o Acquire::IndexTargets::deb::Contents-deb::DefaultEnabled=false "$@"
}

# Fetches the package lists of a suite when they are missing, old or asked for ("now").
debian_update() {
	local root=$1 when=${2:-}
	if [ "$when" != now ] && [ -e "$root/updated" ] &&
		[ -z "$(find "$root/updated" -mtime "+$DEBIAN_LISTS_DAYS")" ]; then
		return 0
	fi
	# apt-get update ends with 0 when a mirror did not answer, unless told.
	debian_apt "$root" "$(command -v apt-get)" update -o APT::Update::Error-Mode=any \
		>"$root/update.log" 2>&1 &
	debian_wait $! "$DEBIAN_UPDATE_SECONDS" || {
		echo "debian.sh: cannot fetch the package lists of ${root##*/}:" >&2
		tail -n 3 "$root/update.log" >&2
		return 1
	}
	touch "$root/updated"
}

# Waits for a background process, not longer than the seconds given.
debian_wait() {
	local pid=$1 left=$(($2 * 5))
	while kill -0 "$pid" 2>/dev/null; do
		if [ "$left" -le 0 ]; then
			kill "$pid" 2>/dev/null
			sleep 1
			kill -9 "$pid" 2>/dev/null
			wait "$pid" 2>/dev/null
			return 124
		fi
		left=$((left - 1))
		sleep 0.2
	done
	wait "$pid"
}

debian_fetch() { # ROOT DIR PACKAGE...
	local root=$1 dir=$2 pid
	shift 2
	(cd "$dir" && debian_apt "$root" "$(command -v apt-get)" download "$@") >"$root/download.log" 2>&1 &
	debian_wait $! "$DEBIAN_DOWNLOAD_SECONDS"
}

debian_download() {
	local suite=$1 dir=$2 root
	shift 2
	mkdir -p "$dir" || return 1
	root=$(debian_configure "$suite") || return 1
	(
		# apt locks its own folders but does not wait for them.
		flock -w $((DEBIAN_UPDATE_SECONDS + DEBIAN_DOWNLOAD_SECONDS)) 9 || exit 1
		debian_update "$root" || exit 1
		debian_fetch "$root" "$dir" "$@" && exit 0
		# The lists may be older than the mirror.
		debian_update "$root" now || exit 1
		debian_fetch "$root" "$dir" "$@" && exit 0
		echo "debian.sh: cannot fetch $* from $suite:" >&2
		tail -n 3 "$root/download.log" >&2
		exit 1
	) 9>"$root/lock"
}

debian_unpack() {
	local suite=$1 dir=$2 debs
	shift 2
	mkdir -p "$dir" || return 1
	debs=$(mktemp -d "$dir.debs.XXXXXX") || return 1
	if ! debian_download "$suite" "$debs" "$@"; then
		rm -rf "$debs"
		return 1
	fi
	for deb in "$debs"/*.deb; do
		dpkg -x "$deb" "$dir" || {
			rm -rf "$debs"
			return 1
		}
	done
	rm -rf "$debs"
}

debian_packages() {
	local suite=$1 prefix=$2 root
	root=$(debian_configure "$suite") || return 1
	(
		flock -w "$DEBIAN_UPDATE_SECONDS" 9 || exit 1
		debian_update "$root" || exit 1
		debian_apt "$root" "$(command -v apt-cache)" pkgnames "$prefix" | sort
	) 9>"$root/lock"
}

debian_needs() {
	local suite=$1 root
	shift
	root=$(debian_configure "$suite") || return 1
	(
		flock -w "$DEBIAN_UPDATE_SECONDS" 9 || exit 1
		debian_update "$root" || exit 1
		debian_apt "$root" "$(command -v apt-get)" -s --no-install-recommends install "$@" 2>"$root/solve.log" |
			awk '/^Inst / { print $2 }'
	) 9>"$root/lock"
}
