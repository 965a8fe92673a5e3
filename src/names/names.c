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
#include "gofuncgraph/states.h"

/* A caller, or the beginning of a function. */
struct address {
	uint64_t va;
	UT_hash_handle hh;
	bool in_table;
	struct place place;
};

struct names {
	const struct plan *plan;
	struct name_source source;
	struct place **sites; /* by site; NULL: not looked up yet */
	/* Hash tables by va. */
	struct address *callers;
	struct address *wakers;
	struct address *starts;
	struct address *foreign;
	char *reasons[256];
	bool has_reason[256];				/* was looked up */
	char states[STATE_NUMBER + 1][STATE_NAME_SIZE]; /* empty: not looked up yet */
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

static uint64_t gobin_source_outermost_va(void *context, uint64_t va)
{
	return gobin_outermost_va(context, va);
}

static const char *gobin_source_wait_reason(void *context, unsigned reason)
{
	return gobin_wait_reason(context, reason);
}

struct name_source name_source_gobin(struct gobin *bin, const struct modules *modules)
{
	return (struct name_source){.context = bin,
				    .func_at = gobin_source_func_at,
				    .line_at = gobin_source_line_at,
				    .outermost_va = gobin_source_outermost_va,
				    .wait_reason = gobin_source_wait_reason,
				    .modules = modules};
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
	free((char *)place->module);
	free((char *)place->file);
	free((char *)place->text);
}

static void forget(struct address **table)
{
	struct address *address, *next;

	HASH_ITER (hh, *table, address, next) {
		HASH_DEL(*table, address);
		place_clear(&address->place);
		free(address);
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
	forget(&names->callers);
	forget(&names->wakers);
	forget(&names->starts);
	forget(&names->foreign);
	for (size_t i = 0; i < sizeof(names->reasons) / sizeof(names->reasons[0]); i++)
		free(names->reasons[i]);
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

/* Adds an address, which it takes, to its table. */
static const struct place *keep_address(struct address **table, struct address *address)
{
	address->in_table = true;
	HASH_ADD(hh, *table, va, sizeof(address->va), address);
	if (address->in_table)
		return &address->place;
	place_clear(&address->place);
	free(address);
	return &unknown;
}

/* Fills in a new address and adds it to its table. `at_va` is where its function and line are. */
static const struct place *add_address(struct names *names, struct address **table, uint64_t va,
				       uint64_t at_va, const struct gobin_func *func)
{
	struct gobin_line line = {0};

	if (HASH_COUNT(*table) >= NAMES_MAX_CALLERS)
		forget(table);
	struct address *address = calloc(1, sizeof(*address));
	if (!address)
		return &unknown;
	address->va = va;
	if (func)
		line = names->source.line_at(names->source.context, at_va);
	if (!place_fill(&address->place, va, func, line)) {
		free(address);
		return &unknown;
	}
	return keep_address(table, address);
}

/* False: out of memory, and the place is empty. */
static bool place_fill_module(struct place *place, const struct module_place *at)
{
	char *text;
	int len;

	place->module = text_escape(at->name, strlen(at->name));
	if (!place->module)
		return false;
	place->offset = at->va;
	len = at->va ? asprintf(&text, "%s+0x%" PRIx64, place->module, at->va)
		     : asprintf(&text, "%s", place->module);
	if (len < 0) {
		place_clear(place);
		return false;
	}
	place->text = text;
	place->text_len = (size_t)len;
	return true;
}

static const struct place *add_foreign(struct names *names, uint64_t number)
{
	struct module_place at = {0};
	struct address *address;

	if (names->source.modules)
		at = modules_place(names->source.modules, number);
	if ((!at.name && !at.va) || HASH_COUNT(names->foreign) >= NAMES_MAX_CALLERS)
		return &unknown;
	address = calloc(1, sizeof(*address));
	if (!address)
		return &unknown;
	address->va = number;
	if (at.name ? place_fill_module(&address->place, &at)
		    : place_fill(&address->place, at.va, NULL, (struct gobin_line){0}))
		return keep_address(&names->foreign, address);
	free(address);
	return &unknown;
}

/* Code of another file. */
static const struct place *names_foreign(struct names *names, uint64_t number)
{
	struct address *address;

	HASH_FIND(hh, names->foreign, &number, sizeof(number), address);
	return address ? &address->place : add_foreign(names, number);
}

const struct place *names_caller(struct names *names, uint64_t va)
{
	struct address *caller;

	if (!va)
		return &unknown;
	if (va & FOREIGN_ADDRESS)
		return names_foreign(names, va);
	HASH_FIND(hh, names->callers, &va, sizeof(va), caller);
	if (caller)
		return &caller->place;
	/* The call lies before its return address, which may even be in the next function. */
	return add_address(names, &names->callers, va, va - 1,
			   names->source.func_at(names->source.context, va - 1));
}

const struct place *names_waker(struct names *names, uint64_t va)
{
	struct address *waker;
	uint64_t at_va = va - 1;

	if (!va)
		return &unknown;
	if (va & FOREIGN_ADDRESS)
		return names_foreign(names, va);
	HASH_FIND(hh, names->wakers, &va, sizeof(va), waker);
	if (waker)
		return &waker->place;
	if (names->source.outermost_va)
		at_va = names->source.outermost_va(names->source.context, at_va);
	return add_address(names, &names->wakers, va, at_va,
			   names->source.func_at(names->source.context, va - 1));
}

const struct place *names_start(struct names *names, uint64_t va)
{
	struct address *start;

	if (!va)
		return &unknown;
	if (va & FOREIGN_ADDRESS)
		return names_foreign(names, va);
	HASH_FIND(hh, names->starts, &va, sizeof(va), start);
	if (start)
		return &start->place;
	const struct gobin_func *func = names->source.func_at(names->source.context, va);
	return add_address(names, &names->starts, va, va, func && func->va == va ? func : NULL);
}

const char *names_wait_reason(struct names *names, uint8_t reason)
{
	if (names->has_reason[reason] || !names->source.wait_reason)
		return names->reasons[reason];
	const char *name = names->source.wait_reason(names->source.context, reason);
	/* The first of Go's names, of no reason at all, is empty. */
	if (name && *name)
		names->reasons[reason] = text_escape(name, strlen(name));
	names->has_reason[reason] = true;
	return names->reasons[reason];
}

const char *names_state(struct names *names, uint8_t state)
{
	char *name = names->states[state & STATE_NUMBER];

	if (!*name) {
		char text[STATE_NAME_SIZE];
		const char *upper = state_name(state & STATE_NUMBER, text);
		for (size_t i = 0; i < STATE_NAME_SIZE - 1 && upper[i]; i++) {
			char letter = upper[i];
			name[i] = letter >= 'A' && letter <= 'Z' ? (char)(letter - 'A' + 'a')
								 : letter;
		}
	}
	return name;
}

uint32_t names_func_of_site(const struct names *names, uint32_t site)
{
	return site < names->plan->num_sites ? names->plan->sites[site].func : UINT32_MAX;
}
