/* SPDX-License-Identifier: MIT */
/* diff.h - two recordings are read and compared. */
#ifndef COMMAND_DIFF_H
#define COMMAND_DIFF_H

#include <stdbool.h>

#include "base/error.h"
#include "base/terminal.h"
#include "recording/window.h"

struct diff_args {
	const char *old, *new; /* paths of recordings; one may be "-", standard input */
	const struct window_times *times; /* the part of each that is compared; not owned */
	const char *output_path; /* -o; NULL: standard output */
	bool is_json;
	enum color_use color;
};

struct error *diff_run(const struct diff_args *args);

#endif
