/* SPDX-License-Identifier: MIT */
/*
 * template.h - text with directives in double braces: copies the text, leaves the directives to
 * somebody who knows what they mean, does the blocks itself.
 *
 *	{{# ...}}		a comment, dropped
 *	{{if CONDITION}} ... [{{else}} ...] {{end}}
 *	{{each ARGUMENT}} ... {{end}}	once for each item; not one in another
 *	{{WORD ARGUMENT}}	anything else
 *
 * A comment or a part of a block that is alone on its line takes the whole line away.
 */
#ifndef SCRIPT_TEMPLATE_H
#define SCRIPT_TEMPLATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "base/error.h"

/* What directives mean. `argument` is without white space around it, and NUL-terminated. */
struct template_ops {
	/* Writes what stands for {{WORD ARGUMENT}}. `active` is false in a part that is left out:
	 * nothing is to be written then. */
	struct error *(*expand)(void *context, const char *word, const char *argument, bool active,
				FILE *out);
	struct error *(*condition)(void *context, const char *argument, bool *value);
	/*
	 * {{each ARGUMENT}} has `count` items. item() makes one of them the current one; SIZE_MAX:
	 * none of them.
	 */
	struct error *(*each)(void *context, const char *argument, size_t *count);
	struct error *(*item)(void *context, size_t index, FILE *out);
};

/* `name` is for errors, which begin "NAME:LINE: ". */
struct error *template_run(const char *name, const char *text, size_t length,
			   const struct template_ops *ops, void *context, FILE *out);

#endif
