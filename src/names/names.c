/* SPDX-License-Identifier: MIT */
/* names.c - sites and addresses as the user reads them; see names.h. */
#include "names/names.h"

#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "names/addresses.h"
#include "names/goroutine_state.h"
#include "names/texts.h"

/* What an address is asked as: the second half of its key. */
enum role { ROLE_CALLER, ROLE_WAKER, ROLE_START, ROLE_FOREIGN };

struct named_site {
	struct name_site site;
	bool is_known; /* was looked up */
	struct place place;
};

static const struct place unknown;

struct names {
	struct name_source source;
	struct named_site *sites;
	size_t num_sites;
	struct texts texts;
	struct addresses addresses;
	char *reasons[256];
	bool has_reason[256]; /* was looked up */
	char states[STATE_NUMBER + 1][STATE_NAME_SIZE]; /* empty: not looked up yet */
};

struct error *names_new(const struct name_source *source, const struct name_site *sites,
			size_t num_sites, struct names **out)
{
	struct names *names = calloc(1, sizeof(*names));

	*out = NULL;
	if (!names)
		return error_out_of_memory();
	names->source = *source;
	names->sites = calloc(num_sites ? num_sites : 1, sizeof(*names->sites));
	if (!names->sites) {
		free(names);
		return error_out_of_memory();
	}
	for (size_t i = 0; i < num_sites; i++)
		names->sites[i].site = sites[i];
	names->num_sites = num_sites;
	*out = names;
	return NULL;
}

void names_free(struct names *names)
{
	if (!names)
		return;
	free(names->sites);
	addresses_clear(&names->addresses);
	texts_clear(&names->texts);
	for (size_t i = 0; i < sizeof(names->reasons) / sizeof(names->reasons[0]); i++)
		free(names->reasons[i]);
	free(names);
}

/* ---- places ---- */

static const struct gobin_func *func_at(const struct names *names, uint64_t va)
{
	return names->source.func_at(names->source.context, va);
}

static struct gobin_line line_at(const struct names *names, uint64_t va)
{
	return names->source.line_at(names->source.context, va);
}

/* False: out of memory. */
static bool get_name(struct names *names, const char *raw, const struct name **name)
{
	*name = raw ? texts_get(&names->texts, raw) : NULL;
	return *name || !raw;
}

/* `func` may be NULL. False: out of memory. */
static bool fill(struct names *names, struct place *place, uint64_t va,
		 const struct gobin_func *func, struct gobin_line line)
{
	*place = (struct place){.va = va, .line = line.line};
	if (!get_name(names, func ? func->name : NULL, &place->function) ||
	    !get_name(names, line.file, &place->file))
		return false;
	if (place->function)
		place->offset = va - func->va;
	return true;
}

/* ---- sites ---- */

const struct place *names_site(struct names *names, uint32_t site)
{
	if (site >= names->num_sites)
		return &unknown;

	struct named_site *named = &names->sites[site];
	uint64_t va = named->site.va;
	if (!named->is_known)
		named->is_known =
			fill(names, &named->place, va, func_at(names, va), line_at(names, va));
	return named->is_known ? &named->place : &unknown;
}

uint32_t names_func_of_site(const struct names *names, uint32_t site)
{
	return site < names->num_sites ? names->sites[site].site.func : UINT32_MAX;
}

/* ---- addresses ---- */

static const struct place *keep(struct names *names, struct hash_key key, const struct place *place)
{
	if (names->addresses.known.count >= NAMES_MAX_ADDRESSES)
		addresses_clear(&names->addresses);
	return addresses_add(&names->addresses, key, place) ?: &unknown;
}

/* `at_va` is where its line is. */
static const struct place *add(struct names *names, struct hash_key key, uint64_t at_va,
			       const struct gobin_func *func)
{
	struct gobin_line line = func ? line_at(names, at_va) : (struct gobin_line){0};
	struct place place;

	return fill(names, &place, key.first, func, line) ? keep(names, key, &place) : &unknown;
}

static const struct place *add_foreign(struct names *names, struct hash_key key)
{
	const struct name_source *source = &names->source;
	struct module_place at = {0};
	struct place place = {0};

	if (source->module_place)
		at = source->module_place(source->modules, key.first);
	if ((!at.name && !at.va) || !get_name(names, at.name, &place.module))
		return &unknown;
	if (at.name)
		place.offset = at.va;
	else
		place.va = at.va;
	return keep(names, key, &place);
}

/* Code of another file. */
static const struct place *find_foreign(struct names *names, uint64_t number)
{
	struct hash_key key = {.first = number, .second = ROLE_FOREIGN};

	return addresses_find(&names->addresses, key) ?: add_foreign(names, key);
}

/* NULL: it is not known yet. */
static const struct place *find(struct names *names, struct hash_key key)
{
	if (!key.first)
		return &unknown;
	if (key.first & FOREIGN_ADDRESS)
		return find_foreign(names, key.first);
	return addresses_find(&names->addresses, key);
}

const struct place *names_caller(struct names *names, uint64_t va)
{
	struct hash_key key = {.first = va, .second = ROLE_CALLER};

	/* The call lies before its return address, which may even be in the next function. */
	return find(names, key) ?: add(names, key, va - 1, func_at(names, va - 1));
}

const struct place *names_waker(struct names *names, uint64_t va)
{
	struct hash_key key = {.first = va, .second = ROLE_WAKER};
	const struct place *place = find(names, key);
	uint64_t at_va = va - 1;

	if (place)
		return place;
	if (names->source.outermost_va)
		at_va = names->source.outermost_va(names->source.context, at_va);
	return add(names, key, at_va, func_at(names, va - 1));
}

const struct place *names_start(struct names *names, uint64_t va)
{
	struct hash_key key = {.first = va, .second = ROLE_START};
	const struct place *place = find(names, key);
	const struct gobin_func *func;

	if (place)
		return place;
	func = func_at(names, va);
	return add(names, key, va, func && func->va == va ? func : NULL);
}

/* ---- goroutines ---- */

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
