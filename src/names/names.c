/* SPDX-License-Identifier: MIT */
/* names.c - sites and addresses as the user reads them; see names.h. */

#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "names/names_internal.h"

static const struct place unknown;

struct error *names_new(const struct name_source *source, const struct name_site *sites,
			size_t num_sites, struct names **out)
{
	struct names *names = calloc(1, sizeof(*names));

	*out = NULL;
	if (!names)
		return error_out_of_memory();
	names->source = *source;
	names->sites = aligned_alloc(sizeof(*names->sites),
				     (num_sites ? num_sites : 1) * sizeof(*names->sites));
	if (!names->sites) {
		free(names);
		return error_out_of_memory();
	}
	for (size_t i = 0; i < num_sites; i++)
		names->sites[i] =
			(struct named_site){.place = {.va = sites[i].va}, .func = sites[i].func};
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
	frames_clear(&names->frames);
	texts_clear(&names->texts);
	for (size_t i = 0; i < sizeof(names->reasons) / sizeof(names->reasons[0]); i++)
		free(names->reasons[i]);
	for (size_t i = 0; i < MAX_SYSCALLS; i++)
		free(names->syscalls[i]);
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

bool names_text(struct names *names, const char *raw, const struct name **name)
{
	*name = raw ? texts_get(&names->texts, raw) : NULL;
	return *name || !raw;
}

/* `func` may be NULL. False: out of memory. */
static bool fill(struct names *names, struct place *place, uint64_t va,
		 const struct gobin_func *func, struct gobin_line line)
{
	*place = (struct place){.va = va, .line = line.line};
	if (!names_text(names, func ? func->name : NULL, &place->function) ||
	    !names_text(names, line.file, &place->file))
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
	uint64_t va = named->place.va;
	if (!named->is_known)
		named->is_known =
			fill(names, &named->place, va, func_at(names, va), line_at(names, va));
	return named->is_known ? &named->place : &unknown;
}

uint32_t names_func_of_site(const struct names *names, uint32_t site)
{
	return site < names->num_sites ? names->sites[site].func : UINT32_MAX;
}

/* ---- addresses ---- */

static uint32_t number_of(const struct name *name)
{
	return name ? name->number : 0;
}

/* Fills in `found`. */
static const struct place *place_of(struct names *names, const struct address *address)
{
	const struct name *name = texts_numbered(&names->texts, address->name);
	struct place *place = &names->found;

	*place = (struct place){.file = texts_numbered(&names->texts, address->file),
				.line = address->line};
	if (!name) {
		place->va = address->at;
		return place;
	}
	place->offset = address->at;
	if (address->is_module) {
		place->module = name;
	} else {
		place->function = name;
		place->va = address->asked;
	}
	return place;
}

static const struct place *keep(struct names *names, uint64_t asked, enum role role,
				const struct place *place)
{
	const struct name *name = place->function ?: place->module;
	struct address address = {.asked = asked,
				  .at = name ? place->offset : place->va,
				  .name = number_of(name),
				  .file = number_of(place->file),
				  .line = place->line,
				  .role = role,
				  .is_module = place->module};

	if (names->addresses.count >= NAMES_MAX_ADDRESSES)
		addresses_clear(&names->addresses);
	return addresses_add(&names->addresses, &address) ? place_of(names, &address) : &unknown;
}

/* `at_va` is where its line is. */
static const struct place *add(struct names *names, uint64_t va, enum role role, uint64_t at_va,
			       const struct gobin_func *func)
{
	struct gobin_line line = func ? line_at(names, at_va) : (struct gobin_line){0};
	struct place place;

	return fill(names, &place, va, func, line) ? keep(names, va, role, &place) : &unknown;
}

static const struct place *add_foreign(struct names *names, uint64_t number)
{
	const struct name_source *source = &names->source;
	struct module_place at = {0};
	struct place place = {0};

	if (source->module_place)
		at = source->module_place(source->modules, number);
	if ((!at.name && !at.va) || !names_text(names, at.name, &place.module))
		return &unknown;
	if (at.name)
		place.offset = at.va;
	else
		place.va = at.va;
	return keep(names, number, ROLE_FOREIGN, &place);
}

/* Code of another file. */
static const struct place *find_foreign(struct names *names, uint64_t number)
{
	const struct address *address = addresses_find(&names->addresses, number, ROLE_FOREIGN);

	return address ? place_of(names, address) : add_foreign(names, number);
}

/* NULL: it is not known yet. */
static const struct place *find(struct names *names, uint64_t va, enum role role)
{
	if (!va)
		return &unknown;
	if (va & FOREIGN_ADDRESS)
		return find_foreign(names, va);
	const struct address *address = addresses_find(&names->addresses, va, role);
	return address ? place_of(names, address) : NULL;
}

const struct place *names_caller(struct names *names, uint64_t va)
{
	/* The call lies before its return address, which may even be in the next function. */
	return find(names, va, ROLE_CALLER)
		       ?: add(names, va, ROLE_CALLER, va - 1, func_at(names, va - 1));
}

void names_expect_caller(const struct names *names, uint64_t caller_va)
{
	const struct addresses *addresses = &names->addresses;

	/* Not in an inline function of its own: gcc 12 leaves out the call of one that does no more. */
	if (addresses->capacity)
		__builtin_prefetch(
			&addresses->items[addresses_first(addresses, caller_va, ROLE_CALLER)]);
}

const struct place *names_waker(struct names *names, uint64_t va)
{
	const struct place *place = find(names, va, ROLE_WAKER);
	uint64_t at_va = va - 1;

	if (place)
		return place;
	if (names->source.outermost_va)
		at_va = names->source.outermost_va(names->source.context, at_va);
	return add(names, va, ROLE_WAKER, at_va, func_at(names, va - 1));
}

const struct place *names_start(struct names *names, uint64_t va)
{
	const struct place *place = find(names, va, ROLE_START);
	const struct gobin_func *func;

	if (place)
		return place;
	func = func_at(names, va);
	return add(names, va, ROLE_START, va, func && func->va == va ? func : NULL);
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

const char *names_syscall(struct names *names, int number)
{
	_cleanup_free_ char *called = NULL;

	if (number < 0 || number >= MAX_SYSCALLS)
		return "syscall";
	char **name = &names->syscalls[number];
	if (*name)
		return *name;
	if (names->source.arch)
		called = arch_syscall_name(names->source.arch, number);
	int len = called ? asprintf(name, "syscall %s", called)
			 : asprintf(name, "syscall %d", number);
	if (len < 0)
		*name = NULL;
	return *name ?: "syscall";
}

bool names_is_own(const struct names *names, const struct place *frame)
{
	const struct name_source *source = &names->source;
	struct own_code own =
		source->own_code ? source->own_code(source->context) : (struct own_code){0};

	return frame->function &&
	       own_code_has(&own, frame->function->text, frame->file ? frame->file->text : NULL);
}

bool names_is_hidden(const struct place *frame)
{
	return frame->function &&
	       own_code_is_hidden(frame->function->text, frame->file ? frame->file->text : NULL);
}
