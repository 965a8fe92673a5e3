# SPDX-License-Identifier: MIT
# fish completion of gofuncgraph-c, made from the tables of its options.

# What stands before the cursor, in three lines: command, BINARY or "-p PID", "ended" behind --.
function __gofuncgraph_c_look
	set -l words (commandline -opc)
	set -l command ''
	set -l binary ''
	set -l pid ''
	set -l ended ''
	set -l i 2
	while test $i -le (count $words)
		set -l word $words[$i]
		switch $word
			case --
				set ended ended
			case -p --pid
				set i (math $i + 1)
				test $i -le (count $words); and set pid $words[$i]
			case '-p?*'
				set pid (string sub -s 3 -- $word)
			case '--pid=*'
				set pid (string sub -s 7 -- $word)
			case @fish-with-value@
				set i (math $i + 1)
			case '-*'
			case '*'
				if test -z "$command$binary"; and contains -- $word @commands@
					set command $word
				else if test -z "$binary"
					set binary $word
				end
		end
		set i (math $i + 1)
	end
	test -n "$pid"; and set binary "-p $pid"
	printf '%s\n' "$command" "$binary" "$ended"
end

# True in this command ('' for tracing).
function __gofuncgraph_c_in
	set -l look (__gofuncgraph_c_look)
	test "$look[1]" = "$argv[1]"; and test -z "$look[3]"
end

function __gofuncgraph_c_needs_binary
	set -l look (__gofuncgraph_c_look)
	test -z "$look[2]$look[3]"
end

function __gofuncgraph_c_needs_command
	set -l look (__gofuncgraph_c_look)
	test -z "$look[1]$look[2]$look[3]"
end

function __gofuncgraph_c_needs_function
	set -l look (__gofuncgraph_c_look)
	test "$look[1]" != states; and test -n "$look[2]"; and test -z "$look[3]"
end

# Behind -- the program's arguments.
function __gofuncgraph_c_needs_file
	set -l look (__gofuncgraph_c_look)
	test -n "$look[3]"; or test -z "$look[2]"
end

function __gofuncgraph_c_functions
	set -l look (__gofuncgraph_c_look)
	set -l typed (commandline -ct | string unescape)
	test -n "$look[2]"; or return
	set -l of $look[2]
	string match -q -- '-p *' $of; and set of (string split ' ' -- $of)
	set -l before ''
	if string match -q '!*' -- $typed
		set before '!'
		set typed (string sub -s 2 -- $typed)
	end
	set -l words (commandline -opc)
	for name in ($words[1] list --names $of "$typed*" 2>/dev/null)
		echo $before$name
	end
end

function __gofuncgraph_c_templates
	set -l words (commandline -opc)
	$words[1] bpftrace --list-templates | string replace -r '^(\S+) +' '$1\t'
end

complete -c gofuncgraph-c -f
complete -c gofuncgraph-c -n __gofuncgraph_c_needs_file -F
complete -c gofuncgraph-c -n __gofuncgraph_c_needs_command -a '@commands@'
complete -c gofuncgraph-c -n __gofuncgraph_c_needs_function -a '(__gofuncgraph_c_functions)'
@fish-options@
