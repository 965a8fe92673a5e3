/* SPDX-License-Identifier: MIT */
/* screen.h - a terminal that tests write to. */
#ifndef GOFUNCGRAPH_SCREEN_H
#define GOFUNCGRAPH_SCREEN_H

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <termios.h>
#include <unistd.h>

struct screen {
	int master;
	char text[4096];
};

/* Of so many columns; what comes back writes to it, and is the caller's. */
static inline FILE *screen_open(struct screen *screen, unsigned short width)
{
	struct winsize size = {.ws_col = width, .ws_row = 24};
	struct termios raw;
	int slave;

	screen->master = posix_openpt(O_RDWR | O_NOCTTY);
	assert_true(screen->master >= 0);
	assert_int_equal(grantpt(screen->master) | unlockpt(screen->master), 0);
	slave = open(ptsname(screen->master), O_RDWR | O_NOCTTY);
	assert_true(slave >= 0);
	assert_int_equal(tcgetattr(slave, &raw), 0);
	cfmakeraw(&raw);
	assert_int_equal(tcsetattr(slave, TCSANOW, &raw), 0);
	assert_int_equal(ioctl(slave, TIOCSWINSZ, &size), 0);
	return fdopen(slave, "w");
}

/* What was written, of less than a terminal's buffer. */
static inline const char *screen_read(struct screen *screen)
{
	ssize_t got = read(screen->master, screen->text, sizeof(screen->text) - 1);

	assert_true(got >= 0);
	screen->text[got] = '\0';
	return screen->text;
}

static inline void screen_close(struct screen *screen)
{
	close(screen->master);
}

#endif
