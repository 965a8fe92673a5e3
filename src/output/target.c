/* SPDX-License-Identifier: MIT */
/* target.c - where a format can go; see format_check_target(). */
#include <string.h>

#include "base/replaced_file.h"
#include "otlp/settings.h"
#include "output/format.h"

const struct format format_recording = {.prints = "it", .target = FORMAT_TO_FILE};

bool format_is_sent(const struct format *format)
{
	return format->target == FORMAT_TO_URL;
}

static bool is_name(const char *path)
{
	return path && strcmp(path, "-");
}

bool format_is_rewritten(const struct format *format)
{
	return format->rewritten_ns;
}

bool format_has_no_file(const struct format *format, const char *path)
{
	return format->target == FORMAT_TO_URL || format->target == FORMAT_TO_FOLDER ||
	       (format_is_rewritten(format) && is_name(path) && replaced_file_can_be(path));
}

struct error *format_check_target(const struct format *format, const char *path, bool to_terminal)
{
	bool is_named = is_name(path);
	const char *prints = format->prints;

	/* Without a name, the environment may say it. */
	if (format->target == FORMAT_TO_URL && path && !otlp_is_url(path))
		return error_new(
			"this format sends %s to a server, and needs its address: give -o http://HOST:PORT/PATH",
			prints);
	if (format->target == FORMAT_TO_FOLDER && (!is_named || otlp_is_url(path)))
		return error_new("this format writes %s to a folder: give -o FOLDER", prints);
	if (format->target != FORMAT_TO_URL && is_named && otlp_is_url(path))
		return error_new(
			"-o %s is the address of a server, and this format writes %s to a file: give -o FILE, or another format with -f",
			path, prints);
	if (format->target == FORMAT_TO_FILE && !is_named && to_terminal)
		return error_new("a terminal cannot show %s in this format: give -o FILE", prints);
	return NULL;
}
