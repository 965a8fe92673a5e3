/* SPDX-License-Identifier: MIT */
/* status_line.c - what goes on, on a terminal; see status_line.h. */
#include "base/status_line.h"

#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/terminal.h"

#define LEAST_WIDTH 20

/* Columns that stay free, so that the terminal's "^C" does not begin another line. */
#define FREE_COLUMNS 3

/* To the line's beginning, and clear to its end (ECMA-48: CR, EL). */
#define ERASE "\r\x1b[K"

/* That of the process, as in log.c. */
static bool is_allowed, is_shown, gave_way;

void status_line_allow(int out_fd)
{
	const char *term = getenv("TERM");
	struct stat out;

	is_allowed = isatty(STDERR_FILENO) && term && *term && strcmp(term, "dumb") &&
		     !fstat(out_fd, &out) && !S_ISFIFO(out.st_mode) && !S_ISSOCK(out.st_mode);
}

bool status_line_is_allowed(void)
{
	return is_allowed;
}

/* Of another session's terminal nobody knows. */
static bool is_in_background(void)
{
	pid_t group = tcgetpgrp(STDERR_FILENO);

	return group >= 0 && group != getpgrp();
}

size_t status_line_room(void)
{
	size_t width = is_allowed ? terminal_width(STDERR_FILENO) : 0;

	return width < LEAST_WIDTH || is_in_background() ? 0 : width - FREE_COLUMNS;
}

/* It never waits for a terminal that was told to hold (^S). */
static bool takes_more(void)
{
	struct pollfd terminal = {.fd = STDERR_FILENO, .events = POLLOUT};

	return poll(&terminal, 1, 0) == 1 && (terminal.revents & POLLOUT);
}

static void put(const char *text, size_t len)
{
	/* What is lost of it comes again soon. */
	if (write(STDERR_FILENO, text, len) < 0)
		is_shown = false;
}

void status_line_show(const char *text)
{
	char line[STATUS_LINE_SIZE + sizeof(ERASE)] = ERASE;
	size_t room = status_line_room(), length = strlen(text), columns;

	if (!room || !takes_more())
		return;
	length = terminal_fit(text, length < STATUS_LINE_SIZE ? length : STATUS_LINE_SIZE, room,
			      &columns);
	memcpy(line + strlen(ERASE), text, length);
	is_shown = true;
	put(line, strlen(ERASE) + length);
}

void status_line_give_way(void)
{
	gave_way = true;
	if (is_shown)
		put(ERASE, strlen(ERASE));
	is_shown = false;
}

void status_line_clear(void)
{
	if (status_line_room())
		is_shown = true;
	status_line_give_way();
}

void status_line_give_way_to(int fd)
{
	if (is_allowed && isatty(fd))
		status_line_give_way();
}

bool status_line_gave_way(void)
{
	bool result = gave_way;

	gave_way = false;
	return result;
}
