/* SPDX-License-Identifier: MIT */
#include "output/hunt_processes.h"

#include <inttypes.h>
#include <stdio.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "output/hunt_line.h"
#include "output/process_lines.h"

#define MAX_PROCESSES 10

static void put_process(struct output *out, const struct hunt_process *process)
{
	struct command_line *line = command_lines_find(out->options.command_lines, process->pid);
	_cleanup_free_ char *command = command_line_text(line);
	char before[64];

	snprintf(before, sizeof(before), "%6" PRIu64 "  [%u] ", process->calls, process->pid);
	hunt_line_put(out, &(struct hunt_line){.before = before, .name = command});
	if (line)
		line->is_told = true;
}

void hunt_processes_put(struct output *out, const struct hunt_report *report)
{
	const struct command_lines *lines = out->options.command_lines;
	size_t shown =
		report->num_processes < MAX_PROCESSES ? report->num_processes : MAX_PROCESSES;
	char text[64];

	if (!shown || !lines || !command_lines_are_several(lines))
		return;
	hunt_line_begin_block(out);
	hunt_line_puts(out, report->alike ? "calls by process:" : "slow calls by process:");
	for (size_t i = 0; i < shown; i++)
		put_process(out, &report->processes[i]);
	if (shown == report->num_processes)
		return;
	snprintf(text, sizeof(text), "        and %s more",
		 text_count(report->num_processes - shown).text);
	hunt_line_puts(out, text);
}

void hunt_processes_put_json(struct output *out, struct json_writer *json,
			     const struct hunt_report *report)
{
	json_member_open(json, "processes", '[');
	for (size_t i = 0; i < report->num_processes; i++) {
		const struct hunt_process *process = &report->processes[i];

		json_open(json, '{');
		json_member_number(json, "pid", process->pid);
		json_member_number(json, "calls", process->calls);
		process_lines_json(out, json, process->pid);
		json_close(json, '}');
	}
	json_close(json, ']');
}
