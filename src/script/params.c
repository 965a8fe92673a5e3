/* SPDX-License-Identifier: MIT */
/* params.c - parameters of templates; see params.h. */
#include "script/params.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"

bool params_is_number(const char *text)
{
	size_t length = strspn(text, "0123456789");

	return length && length < 20 && !text[length];
}

static size_t param_name_length(const char *text)
{
	size_t length = 0;

	while (islower((unsigned char)text[length]) || text[length] == '_' ||
	       (length && isdigit((unsigned char)text[length])))
		length++;
	return length;
}

static struct error *remember_param(struct directives *d, const char *name, size_t length)
{
	char *longer;

	if (asprintf(&longer, "%s%s%.*s", d->known_params ? d->known_params : "",
		     d->known_params ? ", " : "", (int)length, name) < 0)
		return error_out_of_memory();
	free(d->known_params);
	d->known_params = longer;
	return NULL;
}

/* Sets *value to what the command line says, or leaves it. */
static struct error *look_up_param(struct directives *d, const char *name, size_t length,
				   const char **value)
{
	bool known = false;

	for (size_t i = 0; i < d->num_params; i++) {
		const char *text = d->params[i].text;

		if (strncmp(text, name, length) || text[length] != '=')
			continue;
		known |= d->params[i].used;
		d->params[i].used = true;
		*value = text + length + 1;
	}
	return known ? NULL : remember_param(d, name, length);
}

struct error *params_expand(struct directives *d, const char *argument, FILE *out)
{
	size_t length = param_name_length(argument);
	const char *standard = argument + length, *value;
	_cleanup_free_ char *quoted = NULL;
	struct error *err;

	standard += strspn(standard, " \t");
	if (!length || length > 64 || (argument[length] && standard == argument + length))
		return error_new("'param' wants NAME DEFAULT");
	value = standard;
	err = look_up_param(d, argument, length, &value);
	if (err || !out)
		return err;
	if (!*value)
		return error_new("a value is wanted: give %.*s=...", (int)length, argument);
	if (params_is_number(standard) && !params_is_number(value))
		return error_new("%.*s=%s: a number is wanted", (int)length, argument, value);
	quoted = quote_text(value);
	if (!quoted)
		return error_out_of_memory();
	/* without the quotes: they are the template's, or it is a number */
	fwrite(quoted + 1, 1, strlen(quoted) - 2, out);
	return NULL;
}
