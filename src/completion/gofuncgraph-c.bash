# SPDX-License-Identifier: MIT
# bash completion of gofuncgraph-c, made from the tables of its options. Needs nothing but bash.

# A word as the shell would take it.
_gofuncgraph_c_unquote()
{
	local word=${1//[\'\"\\]/}

	printf '%s' "${word/#\~\//$HOME/}"
}

# Functions whose names begin with what was typed; behind that: BINARY, or -p PID.
_gofuncgraph_c_functions()
{
	local typed=$1 quote='' before='' name

	shift
	[[ $typed != [\'\"]* ]] || quote=yes
	typed=${typed//[\'\"\\]/}
	[[ $typed != !* ]] || before=! typed=${typed#!}
	while IFS= read -r name; do
		[[ $name == "$typed"* ]] || continue
		name=$before$name
		[[ $quote ]] || printf -v name %q "$name"
		COMPREPLY+=("$name")
	done < <("$tool" list --names "$@" "$typed*" 2>/dev/null)
}

_gofuncgraph_c_files()
{
	compopt -o filenames
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -f -- "$cur")
}

_gofuncgraph_c_words()
{
	mapfile -t -O "${#COMPREPLY[@]}" COMPREPLY < <(compgen -W "$1" -- "$cur")
}

_gofuncgraph_c_templates()
{
	_gofuncgraph_c_words "$("$tool" bpftrace --list-templates | cut -d ' ' -f 1)"
	[[ $cur != */* ]] || _gofuncgraph_c_files
}

_gofuncgraph_c()
{
	local tool word command='' binary='' pid='' option='' i
	local cur=${COMP_WORDS[COMP_CWORD]}

	COMPREPLY=()
	tool=$(_gofuncgraph_c_unquote "${COMP_WORDS[0]}")
	for ((i = 1; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		--)
			compopt -o default
			return
			;;
		@bash-with-value@)
			# --option=value is three words here.
			((i++))
			[[ ${COMP_WORDS[i]} != = ]] || ((i++))
			if ((i >= COMP_CWORD)); then
				option=$word
			elif [[ $word == -p || $word == --pid ]]; then
				pid=${COMP_WORDS[i]}
			fi
			;;
		-p?*) pid=${word#-p} ;;
		-*) ;;
		*)
			if [[ ! $command && ! $binary && " @commands@ " == *" $word "* ]]; then
				command=$word
			else
				binary=${binary:-$word}
			fi
			;;
		esac
	done
	[[ $cur != = ]] || cur=''
	local -a of=("$(_gofuncgraph_c_unquote "$binary")")
	[[ ! $pid ]] || of=(-p "$pid")

	if [[ $option ]]; then
		case "$command $option" in
@bash-values@
		esac
	elif [[ $cur == -* ]]; then
		case $command in
@bash-options@
		esac
	elif [[ ! $pid && ! $binary ]]; then
		[[ $command ]] || _gofuncgraph_c_words '@commands@'
		_gofuncgraph_c_files
	elif [[ $command != states ]]; then
		_gofuncgraph_c_functions "$cur" "${of[@]}"
	fi
}

complete -F _gofuncgraph_c gofuncgraph-c
