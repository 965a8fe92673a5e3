/* SPDX-License-Identifier: MIT */
/* fuzz_template.c - any text as a template: it ends, and what it writes is bounded; any name as a
 * string of bpftrace. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "script/directives.h"
#include "script/template.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_ITEMS 3

struct state {
	size_t count; /* of the open loop */
	size_t index; /* SIZE_MAX: none */
	size_t next; /* the item that has to come next */
};

static struct error *expand(void *context, const char *word, const char *argument, bool active,
			    FILE *out)
{
	must(*word && (!*argument || argument[0] != ' '));
	if (active)
		fprintf(out, "[%.8s]", word);
	return strcmp(word, "fail") ? NULL : error_new("as asked");
}

static struct error *condition(void *context, const char *argument, bool *value)
{
	*value = strlen(argument) % 2;
	return NULL;
}

static struct error *each(void *context, const char *argument, size_t *count)
{
	struct state *state = context;

	must(state->index == SIZE_MAX);
	*count = state->count = strlen(argument) % (MAX_ITEMS + 1);
	state->next = 0;
	return NULL;
}

/* Items come in order, each once, and then none. */
static struct error *item(void *context, size_t index, FILE *out)
{
	struct state *state = context;

	must(index == SIZE_MAX || (index == state->next && index < state->count));
	state->next++;
	state->index = index;
	return NULL;
}

static void check_template(const char *text, size_t size)
{
	static const struct template_ops ops = {expand, condition, each, item};
	struct state state = {.index = SIZE_MAX};
	_cleanup_free_ char *written = NULL;
	_cleanup_error_ struct error *err = NULL;
	size_t length = 0;
	FILE *out = open_memstream(&written, &length);

	must(out);
	err = template_run("fuzz", text, size, &ops, &state, out);
	fclose(out);
	/* a directive has at least five bytes, and stands for ten at most */
	must(length <= (size + size / 5 * 10) * MAX_ITEMS);
	must(err || state.index == SIZE_MAX);
	if (!err && !memmem(text, size, "{{", 2))
		must(length == size && !memcmp(written, text, size));
}

/* The string ends where it ends, whatever is in it. */
static void check_quote(const char *text)
{
	_cleanup_free_ char *quoted = quote_text(text);
	size_t length;

	must(quoted);
	length = strlen(quoted);
	must(length >= 2 && quoted[0] == '"' && quoted[length - 1] == '"');
	for (size_t i = 1; i < length - 1; i++) {
		must(quoted[i] != '"' && quoted[i] != '\n');
		if (quoted[i] == '\\') {
			i++;
			must(i < length - 1 && (quoted[i] == '"' || quoted[i] == '\\'));
		}
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 4096)
		return 0;
	_cleanup_free_ char *text = malloc(size + 1);
	must(text);
	memcpy(text, data, size);
	text[size] = '\0';
	check_template(text, size);
	check_quote(text);
	return 0;
}
