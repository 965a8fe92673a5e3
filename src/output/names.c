/* SPDX-License-Identifier: MIT */
/* names.c - sites and addresses as the user reads them; see names.h. */
#include "output/names.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Out of memory makes HASH_ADD fail; it never ends the process. */
#define HASH_NONFATAL_OOM	 1
#define uthash_nonfatal_oom(obj) ((obj)->in_table = false)
#include <uthash.h>

#include "base/text.h"

struct caller {
	uint64_t va;
	UT_hash_handle hh;
	bool in_table;
	struct place place;
};

struct names {
	const struct plan *plan;
	struct name_source source;
	struct place **sites;	/* by site; NULL: not looked up yet */
	struct caller *callers; /* hash table by va */
};

static const struct place unknown = {.text = "?", .text_len = 1};

static const struct gobin_func *gobin_source_func_at(void *context, uint64_t va)
{
	return gobin_func_at(context, va);
}

static struct gobin_line gobin_source_line_at(void *context, uint64_t va)
{
	return gobin_line_at(context, va);
}

struct name_source name_source_gobin(struct gobin *bin)
{
	return (struct name_source){
		.context = bin, .func_at = gobin_source_func_at, .line_at = gobin_source_line_at};
}

struct error *names_new(const struct plan *plan, const struct name_source *source,
			struct names **out)
{
	struct names *names = calloc(1, sizeof(*names));

	*out = NULL;
	if (!names)
		return error_out_of_memory();
	names->plan = plan;
	names->source = *source;
	names->sites = calloc(plan->num_sites ? plan->num_sites : 1, sizeof(*names->sites));
	if (!names->sites) {
		free(names);
		return error_out_of_memory();
	}
	*out = names;
	return NULL;
}

static void place_clear(struct place *place)
{
	free((char *)place->function);
	free((char *)place->file);
	free((char *)place->text);
}

static void forget_callers(struct names *names)
{
	struct caller *caller, *next;

	HASH_ITER (hh, names->callers, caller, next) {
		HASH_DEL(names->callers, caller);
		place_clear(&caller->place);
		free(caller);
	}
}

void names_free(struct names *names)
{
	if (!names)
		return;
	for (size_t i = 0; i < names->plan->num_sites; i++) {
		if (names->sites[i]) {
			place_clear(names->sites[i]);
			free(names->sites[i]);
		}
	}
	free(names->sites);
	forget_callers(names);
	free(names);
}

/* False: out of memory. */
static bool place_format(struct place *place, uint64_t va)
{
	char position[64] = "";
	char line[32] = "";
	char *text;

	if (place->function)
		snprintf(position, sizeof(position), "+%" PRIu64, place->offset);
	else
		snprintf(position, sizeof(position), "0x%" PRIx64, va);
	if (place->file && place->line)
		snprintf(line, sizeof(line), ":%u", place->line);
	int len = asprintf(&text, "%s%s%s%s%s", place->function ? place->function : "", position,
			   place->file ? " " : "", place->file ? place->file : "",
			   place->file ? line : "");
	if (len < 0)
		return false;
	place->text = text;
	place->text_len = (size_t)len;
	return true;
}

/* Fills an empty place; func may be NULL. False: out of memory, and the place is empty again. */
static bool place_fill(struct place *place, uint64_t va, const struct gobin_func *func,
		       struct gobin_line line)
{
	*place = (struct place){.line = line.line};
	if (func && func->name) {
		place->function = text_escape(func->name, strlen(func->name));
		if (!place->function)
			goto out_of_memory;
		place->function_len = strlen(place->function);
		place->offset = va - func->va;
	}
	if (line.file) {
		place->file = text_escape(line.file, strlen(line.file));
		if (!place->file)
			goto out_of_memory;
		place->file_len = strlen(place->file);
	}
	if (place_format(place, va))
		return true;
out_of_memory:
	place_clear(place);
	*place = unknown;
	return false;
}

const struct place *names_site(struct names *names, uint32_t site)
{
	const struct plan *plan = names->plan;

	if (site >= plan->num_sites)
		return &unknown;
	if (names->sites[site])
		return names->sites[site];

	const struct site *at = &plan->sites[site];
	const struct gobin_func *func =
		at->func < plan->num_funcs ? plan->funcs[at->func].func : NULL;
	struct place *place = malloc(sizeof(*place));
	if (!place)
		return &unknown;
	if (!place_fill(place, at->va, func,
			names->source.line_at(names->source.context, at->va))) {
		free(place);
		return &unknown;
	}
	names->sites[site] = place;
	return place;
}

const struct place *names_caller(struct names *names, uint64_t va)
{
	struct caller *caller;

	if (!va)
		return &unknown;
	HASH_FIND(hh, names->callers, &va, sizeof(va), caller);
	if (caller)
		return &caller->place;

	if (HASH_COUNT(names->callers) >= NAMES_MAX_CALLERS)
		forget_callers(names);
	caller = calloc(1, sizeof(*caller));
	if (!caller)
		return &unknown;
	caller->va = va;
	/* The call lies before its return address, which may even be in the next function. */
	const struct gobin_func *func = names->source.func_at(names->source.context, va - 1);
	struct gobin_line line = {0};
	if (func)
		line = names->source.line_at(names->source.context, va - 1);
	if (!place_fill(&caller->place, va, func, line)) {
		free(caller);
		return &unknown;
	}
	caller->in_table = true;
	HASH_ADD(hh, names->callers, va, sizeof(caller->va), caller);
	if (!caller->in_table) {
		place_clear(&caller->place);
		free(caller);
		return &unknown;
	}
	return &caller->place;
}

uint32_t names_func_of_site(const struct names *names, uint32_t site)
{
	return site < names->plan->num_sites ? names->plan->sites[site].func : UINT32_MAX;
}
