/* SPDX-License-Identifier: MIT */
/* command_lines.c - what processes were started with; see command_lines.h. */
#include "process/command_lines.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"

struct command_lines {
	struct hash table; /* of struct command_line */
	size_t num_over; /* those that are */
	uint32_t last; /* the process that was seen last; 0: none, or it is over */
	bool are_several;
};

static struct hash_key key_of(uint32_t pid)
{
	return (struct hash_key){.first = pid};
}

struct command_line *command_lines_find(const struct command_lines *lines, uint32_t pid)
{
	return hash_find(&lines->table, key_of(pid));
}

/* ---- life ---- */

struct command_lines *command_lines_new(void)
{
	return calloc(1, sizeof(struct command_lines));
}

void command_lines_free(struct command_lines *lines)
{
	if (!lines)
		return;
	hash_free_items(&lines->table);
	free(lines);
}

/* ---- one process ---- */

/* How many bytes there are. */
static size_t read_arguments(uint32_t pid, char *arguments, size_t size)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/cmdline", pid);
	_cleanup_fclose_ FILE *file = fopen(path, "re");
	return file ? fread(arguments, 1, size, file) : 0;
}

/* NULL: out of memory. */
static struct command_line *make_line(uint32_t pid, const char *arguments, size_t len, bool is_cut)
{
	bool needs_end = len && arguments[len - 1];
	struct command_line *line = calloc(1, sizeof(*line) + len + 1);

	if (!line)
		return NULL;
	line->key = key_of(pid);
	line->is_cut = is_cut;
	line->len = len + needs_end;
	memcpy(line->arguments, arguments, len);
	return line;
}

/* NULL: out of memory. */
static struct command_line *read_line(uint32_t pid)
{
	char arguments[COMMAND_LINE_MAX + 1];
	size_t got = read_arguments(pid, arguments, sizeof(arguments));
	bool is_cut = got > COMMAND_LINE_MAX;

	return make_line(pid, arguments, is_cut ? COMMAND_LINE_MAX : got, is_cut);
}

/* Of those that are over nothing is kept when there is no room. */
static void make_room(struct command_lines *lines)
{
	struct hash kept = {0};
	struct command_line *line;

	for (size_t at = 0; (line = hash_next(&lines->table, &at));)
		if (line->is_over || !hash_add(&kept, &line->key))
			free(line);
	hash_clear(&lines->table);
	lines->table = kept;
	lines->num_over = 0;
}

static void add(struct command_lines *lines, uint32_t pid)
{
	struct command_line *line;

	if (lines->table.count >= COMMAND_LINES_MAX && lines->num_over)
		make_room(lines);
	if (lines->table.count >= COMMAND_LINES_MAX)
		return;
	line = read_line(pid);
	if (line && !hash_add(&lines->table, &line->key))
		free(line);
}

/* It executed another program, or another process has its number; or the last records of the old one
 * come late: it is gone, and what was read stays. */
static void read_anew(struct command_lines *lines, struct command_line *old)
{
	struct command_line *line = read_line((uint32_t)old->key.first);

	if (!line || !line->len) {
		free(line);
		return;
	}
	hash_remove(&lines->table, &old->key);
	lines->num_over--;
	free(old);
	if (!hash_add(&lines->table, &line->key))
		free(line);
}

void command_lines_see(struct command_lines *lines, uint32_t pid)
{
	struct command_line *line;

	if (pid == lines->last)
		return;
	line = command_lines_find(lines, pid);
	if (line && line->is_over) {
		read_anew(lines, line);
	} else if (!line) {
		lines->are_several |= lines->table.count > 0;
		add(lines, pid);
	}
	lines->last = command_lines_find(lines, pid) ? pid : 0;
}

void command_lines_end(struct command_lines *lines, uint32_t pid)
{
	struct command_line *line = command_lines_find(lines, pid);

	if (line && !line->is_over) {
		line->is_over = true;
		lines->num_over++;
	}
	if (lines->last == pid)
		lines->last = 0;
}

bool command_lines_tell(struct command_lines *lines, uint32_t pid, const char *arguments,
			size_t len, bool is_cut)
{
	struct command_line *old = command_lines_find(lines, pid), *line;
	size_t most = COMMAND_LINE_MAX + (len && !arguments[len - 1]);

	if (!old && lines->table.count >= COMMAND_LINES_MAX)
		return true;
	line = len <= most ? make_line(pid, arguments, len, is_cut)
			   : make_line(pid, arguments, COMMAND_LINE_MAX, true);
	if (!line)
		return false;
	if (old) {
		hash_remove(&lines->table, &old->key);
		free(old);
	}
	if (hash_add(&lines->table, &line->key))
		return true;
	free(line);
	return false;
}

char *command_line_text(const struct command_line *line)
{
	char text[COMMAND_LINE_MAX + sizeof("…")];
	size_t len = line ? line->len : 0;

	if (!len)
		return strdup("(command line unknown)");
	/* A program that shortens its title leaves more than one. */
	while (len && !line->arguments[len - 1])
		len--;
	for (size_t i = 0; i < len; i++)
		text[i] = line->arguments[i] ?: ' ';
	if (line->is_cut) {
		memcpy(text + len, "…", strlen("…"));
		len += strlen("…");
	}
	return text_escape(text, len);
}

void command_lines_expect_several(struct command_lines *lines)
{
	lines->are_several = true;
}

bool command_lines_are_several(const struct command_lines *lines)
{
	return lines->are_several;
}
