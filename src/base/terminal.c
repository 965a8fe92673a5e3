/* SPDX-License-Identifier: MIT */
#include "base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "base/text.h"

size_t terminal_width(int fd)
{
	struct winsize size;

	return fd >= 0 && !ioctl(fd, TIOCGWINSZ, &size) ? size.ws_col : 0;
}

bool terminal_uses_color(enum color_use color, FILE *file)
{
	const char *no_color = getenv("NO_COLOR"), *term = getenv("TERM");
	int fd = fileno(file);

	if (color != COLOR_AUTO)
		return color == COLOR_ALWAYS;
	return fd >= 0 && isatty(fd) && !(no_color && *no_color) &&
	       !(term && !strcmp(term, "dumb"));
}

/* Unicode's EastAsianWidth.txt: W and F, gaps between near ones included. */
static const struct {
	uint32_t first, last;
} wide[] = {
	{0x1100, 0x115f},   {0x231a, 0x231b},   {0x2329, 0x232a},   {0x23e9, 0x23f3},
	{0x25fd, 0x25fe},   {0x2614, 0x27bf},   {0x2b1b, 0x2b1c},   {0x2b50, 0x2b55},
	{0x2e80, 0xa4cf},   {0xa960, 0xa97f},   {0xac00, 0xd7a3},   {0xf900, 0xfaff},
	{0xfe10, 0xfe1f},   {0xfe30, 0xfe6f},   {0xff00, 0xff60},   {0xffe0, 0xffe6},
	{0x16fe0, 0x18dff}, {0x1aff0, 0x1b2ff}, {0x1d300, 0x1d37f}, {0x1f000, 0x1ffff},
	{0x20000, 0x3fffd},
};

static size_t columns_of(uint32_t code)
{
	for (size_t i = 0; i < sizeof(wide) / sizeof(wide[0]) && code >= wide[i].first; i++)
		if (code <= wide[i].last)
			return 2;
	return 1;
}

size_t terminal_fit(const char *text, size_t len, size_t max_columns, size_t *columns)
{
	size_t at = 0;

	*columns = 0;
	while (at < len) {
		size_t length = text_utf8_length(text + at, len - at);
		size_t taken = length > 1 ? columns_of(text_utf8_code(text + at, length)) : 1;
		if (*columns + taken > max_columns)
			break;
		*columns += taken;
		at += length ?: 1;
	}
	return at;
}
