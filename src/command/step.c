/* SPDX-License-Identifier: MIT */
#include "command/step.h"

#include <stdio.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/status_line.h"
#include "base/text.h"

void step_show(const char *doing, const char *what)
{
	_cleanup_free_ char *escaped = text_escape(what, strlen(what));
	char text[STATUS_LINE_SIZE];

	snprintf(text, sizeof(text), "%s %s", doing, escaped ?: "?");
	status_line_show(text);
}
