/* SPDX-License-Identifier: MIT */
/* directives.c - what the directives of a template mean for one binary; see the manual page. */
#include "script/directives.h"

#include <inttypes.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "script/params.h"

/* Longer names are cut in strings: keys of maps live on BPF's stack of 512 bytes. */
#define MAX_NAME 100

char *quote_text(const char *text)
{
	_cleanup_free_ char *safe = text_escape(text, strlen(text));
	char *quoted, *out;

	if (!safe)
		return NULL;
	out = quoted = malloc(strlen(safe) * 2 + 3);
	if (!quoted)
		return NULL;
	*out++ = '"';
	for (const char *p = safe; *p; p++) {
		if (*p == '"' || *p == '\\')
			*out++ = '\\';
		*out++ = *p;
	}
	*out++ = '"';
	*out = '\0';
	return quoted;
}

static struct error *need_layout(struct directives *d)
{
	struct error *err;

	if (d->has_layout)
		return NULL;
	err = gobin_layout(d->bin, &d->layout);
	d->has_layout = !err;
	return err;
}

static const struct plan_func *current(const struct directives *d)
{
	return d->in_each ? &d->plan.funcs[d->items[d->item]] : NULL;
}

static struct error *need_current(const struct directives *d, const char *word)
{
	return d->in_each
		       ? NULL
		       : error_new(
				 "'%s' without a function's name has a meaning inside of {{each}} only",
				 word);
}

/* ---- probes ---- */

static struct error *write_probes(struct directives *d, const char *word, const char *pattern,
				  enum probes_which which, FILE *out)
{
	const struct plan *plan;
	struct error *err;

	if (!*pattern) {
		err = need_current(d, word);
		return err ? err
			   : probes_write(d->probes, &d->plan, d->items[d->item], 1, which, d->all,
					  out);
	}
	err = probes_plan(d->probes, pattern, &plan);
	return err ? err : probes_write(d->probes, plan, 0, plan->num_funcs, which, false, out);
}

static struct error *expand_entry(struct directives *d, const char *pattern, FILE *out)
{
	return write_probes(d, "entry", pattern, PROBES_ENTRIES, out);
}

static struct error *expand_exits(struct directives *d, const char *pattern, FILE *out)
{
	return write_probes(d, "exits", pattern, PROBES_EXITS, out);
}

static struct error *expand_name(struct directives *d, const char *argument, FILE *out)
{
	struct error *err = need_current(d, "name");
	const struct gobin_func *func;
	char cut[MAX_NAME + 32];
	_cleanup_free_ char *quoted = NULL;

	if (err)
		return err;
	func = current(d)->func;
	if (strlen(func->name) > MAX_NAME)
		snprintf(cut, sizeof(cut), "%.*s...@0x%" PRIx64, MAX_NAME - 20, func->name,
			 func->va);
	quoted = quote_text(strlen(func->name) > MAX_NAME ? cut : func->name);
	if (!quoted)
		return error_out_of_memory();
	fputs(quoted, out);
	return NULL;
}

/* ---- the goroutine ---- */

static struct error *need_g(struct directives *d, const char *word)
{
	const struct plan_func *func = current(d);

	if (func && !probes_has_g(&d->plan, func))
		return error_new(
			"'%s' at %s, which is assembly or a wrapper of it: %s does not hold its goroutine there",
			word, func->func->name, gobin_arch(d->bin)->goroutine_name);
	d->uses_g = true;
	return need_layout(d);
}

static struct error *expand_goid(struct directives *d, const char *pointer, FILE *out)
{
	struct error *err = *pointer ? need_layout(d) : need_g(d, "goid");

	if (err)
		return err;
	fprintf(out, "*(uint64*)(%s + %u)", *pointer ? pointer : gobin_arch(d->bin)->bpftrace_g,
		d->layout.g_goid);
	return NULL;
}

static struct error *expand_goid_offset(struct directives *d, const char *argument, FILE *out)
{
	struct error *err = need_layout(d);

	if (!err)
		fprintf(out, "%u", d->layout.g_goid);
	return err;
}

/* A thread's system stack (goid 0) is told apart from those of others by the thread. */
static struct error *expand_stack(struct directives *d, const char *argument, FILE *out)
{
	struct error *err = need_g(d, "stack");

	if (err)
		return err;
	const char *g = gobin_arch(d->bin)->bpftrace_g;
	fprintf(out, "*(uint64*)(%s + %u) ? *(uint64*)(%s + %u) : (uint64)tid << 32", g,
		d->layout.g_goid, g, d->layout.g_goid);
	return NULL;
}

/* At every site the stack pointer is what it was at the function's first instruction. */
static struct error *expand_frame(struct directives *d, const char *argument, FILE *out)
{
	struct error *err = need_g(d, "frame");

	if (err)
		return err;
	fprintf(out, "*(uint64*)(%s + %u) - %s", gobin_arch(d->bin)->bpftrace_g,
		d->layout.g_stack_hi, gobin_arch(d->bin)->bpftrace_sp);
	return NULL;
}

/* ---- registers ---- */

/* Of the word in argument register N, counted from 0; results are in the same ones. */
static struct error *expand_register(struct directives *d, const char *word, const char *number,
				     FILE *out)
{
	const struct arch *arch = gobin_arch(d->bin);
	unsigned long n = strtoul(number, NULL, 10);

	if (!params_is_number(number) || n >= arch->bpftrace_num_arguments)
		return error_new("'%s' wants the number of a register, 0 to %u", word,
				 arch->bpftrace_num_arguments - 1);
	fputs(arch->bpftrace_arguments[n], out);
	return NULL;
}

static struct error *expand_argument(struct directives *d, const char *number, FILE *out)
{
	return expand_register(d, "argument", number, out);
}

static struct error *expand_result(struct directives *d, const char *number, FILE *out)
{
	return expand_register(d, "result", number, out);
}

static struct error *expand_return_address(struct directives *d, const char *argument, FILE *out)
{
	fputs(gobin_arch(d->bin)->bpftrace_return_address, out);
	return NULL;
}

/* ---- offsets ---- */

/* "net/http.Request.URL": the field is behind the last dot. */
static struct error *expand_offset(struct directives *d, const char *argument, FILE *out)
{
	const char *dot = strrchr(argument, '.');
	_cleanup_free_ char *type = NULL;
	struct error *err;
	uint32_t offset;

	if (!dot || dot == argument || !dot[1])
		return error_new("'offset' wants TYPE.FIELD");
	type = strndup(argument, (size_t)(dot - argument));
	if (!type)
		return error_out_of_memory();
	err = gobin_struct_offset(d->bin, type, dot + 1, &offset);
	if (!err)
		fprintf(out, "%" PRIu32, offset);
	return err;
}

static const struct {
	const char *word;
	struct error *(*expand)(struct directives *d, const char *argument, FILE *out);
	bool has_argument;
} words[] = {
	{"entry", expand_entry, true},   {"exits", expand_exits, true},
	{"name", expand_name, false},    {"goid", expand_goid, true},
	{"stack", expand_stack, false},  {"goid_offset", expand_goid_offset, false},
	{"frame", expand_frame, false},  {"offset", expand_offset, true},
	{"param", params_expand, true},  {"argument", expand_argument, true},
	{"result", expand_result, true}, {"return_address", expand_return_address, false},
};

static struct error *expand(void *context, const char *word, const char *argument, bool active,
			    FILE *out)
{
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++) {
		if (strcmp(words[i].word, word))
			continue;
		if (*argument && !words[i].has_argument)
			return error_new("'%s' takes no argument", word);
		if (active)
			return words[i].expand(context, argument, out);
		/* only its name is of interest */
		return words[i].expand == params_expand ? params_expand(context, argument, NULL)
							: NULL;
	}
	return error_new("there is no directive '%s'", word);
}

/* ---- blocks ---- */

static struct error *has_exits(struct directives *d, bool *value)
{
	const struct plan_func *func = current(d);
	struct error *err = need_current(d, "exits");

	if (!err)
		*value = func->num_sites > 1;
	return err;
}

/* exits | func NAME | go 1.N (or newer) */
static struct error *condition(void *context, const char *argument, bool *value)
{
	struct directives *d = context;
	const char *rest = argument + strcspn(argument, " \t");
	size_t length = (size_t)(rest - argument);

	rest += strspn(rest, " \t");
	if (!strcmp(argument, "exits"))
		return has_exits(d, value);
	if (length == 4 && !memcmp(argument, "func", 4) && *rest) {
		*value = gobin_func_named(d->bin, rest) != NULL;
		return NULL;
	}
	if (length == 2 && !memcmp(argument, "go", 2) && !strncmp(rest, "1.", 2) &&
	    params_is_number(rest + 2)) {
		*value = gobin_minor_version(d->bin) >= strtoull(rest + 2, NULL, 10);
		return NULL;
	}
	return error_new("'if' knows 'exits', 'func NAME' and 'go 1.N' only");
}

static struct error *make_plan(struct directives *d)
{
	struct error *err;

	if (d->has_plan)
		return NULL;
	if (!d->selection->num_functions && !d->selection->num_targets)
		return error_new("this template is for functions: name them behind BINARY");
	d->has_plan = true;
	err = plan_make(d->bin, d->selection, NULL, &d->plan);
	return err ?: plan_refuse_values(&d->plan, "a script");
}

static struct error *each(void *context, const char *argument, size_t *count)
{
	struct directives *d = context;
	struct error *err = make_plan(d);

	if (*argument && strcmp(argument, "all")) {
		error_free(err);
		return error_new("'each' takes no argument but 'all'");
	}
	if (err)
		return err;
	d->all = *argument;
	free(d->items);
	d->num_items = 0;
	d->items = calloc(d->plan.num_funcs + 1, sizeof(*d->items));
	if (!d->items)
		return error_out_of_memory();
	for (size_t i = 0; i < d->plan.num_funcs; i++) {
		const struct plan_func *func = &d->plan.funcs[i];

		if (func->num_sites && (d->all || probes_has_g(&d->plan, func)))
			d->items[d->num_items++] = i;
	}
	*count = d->num_items;
	return d->num_items
		       ? NULL
		       : error_new(
				 "%s is assembly or a wrapper of it, where %s does not hold the goroutine; this template needs it",
				 d->plan.funcs[0].func->name, gobin_arch(d->bin)->goroutine_name);
}

static void write_left_out(const struct directives *d, const struct gobin_func *func,
			   const char *reason, FILE *out)
{
	_cleanup_free_ char *name = quote_text(func->name);

	fprintf(out, "// left out: %s: %s\n", name ? name : "?", reason);
}

static struct error *item(void *context, size_t index, FILE *out)
{
	struct directives *d = context;
	char reason[96];

	d->in_each = index != SIZE_MAX;
	d->item = index;
	if (index)
		return NULL;
	for (size_t i = 0; i < d->plan.num_omissions; i++) {
		const struct omission *omission = &d->plan.omissions[i];

		write_left_out(d, omission->func, omission->reason, out);
	}
	snprintf(reason, sizeof(reason),
		 "it is assembly or a wrapper of it, where %s does not hold the goroutine",
		 gobin_arch(d->bin)->goroutine_name);
	for (size_t i = 0; !d->all && i < d->plan.num_funcs; i++) {
		const struct plan_func *func = &d->plan.funcs[i];

		if (func->num_sites && !probes_has_g(&d->plan, func))
			write_left_out(d, func->func, reason, out);
	}
	return NULL;
}

const struct template_ops directives_ops = {expand, condition, each, item};

void directives_release(struct directives *d)
{
	plan_destroy(&d->plan);
	free(d->items);
	free(d->known_params);
	free(d->params);
}
