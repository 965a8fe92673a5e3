/* SPDX-License-Identifier: MIT */
/* notes.c - answers of a source of names are written down; see notes.h. */
#include "recording/notes.h"

#include <stdlib.h>

#include "base/hash.h"
#include "base/numbers.h"

struct notes {
	struct name_source source;
	struct unwind_code code; /* of hunt; its function is NULL: there is none */
	struct names *names; /* asks `source` by way of what is below, and remembers */
	bool *site_is_known; /* by site */
	size_t num_sites;
	struct hash asked; /* questions, by number or va, and kind */
	struct numbers texts; /* by where the source has them */
	struct bytes bytes, taken;
};

/* ---- writing down ---- */

/* True: it was not asked before, or there is no memory to know. */
static bool is_new(struct notes *notes, enum note_kind kind, uint64_t number)
{
	if (!hash_note(&notes->asked, (struct hash_key){number, kind}))
		return false;
	bytes_put_number(&notes->bytes, kind);
	bytes_put_number(&notes->bytes, number);
	return true;
}

static void put_text(struct notes *notes, const char *text)
{
	uint64_t number;
	bool is_new;

	if (!text) {
		bytes_put_number(&notes->bytes, 0);
		return;
	}
	if (!numbers_of(&notes->texts, (struct hash_key){(uintptr_t)text, 0}, &number, &is_new)) {
		notes->bytes.failed = true;
		return;
	}
	bytes_put_number(&notes->bytes, (number + 1) * 2 + is_new);
	if (is_new)
		bytes_put_text(&notes->bytes, text);
}

/* ---- being asked ---- */

/* Names have no use for a source that changes. */
static struct notes *notes_of(const void *context)
{
	return (struct notes *)context;
}

static const struct gobin_func *func_at(const void *context, uint64_t va)
{
	struct notes *notes = notes_of(context);
	const struct gobin_func *func = notes->source.func_at(notes->source.context, va);

	if (!is_new(notes, NOTE_FUNC, va))
		return func;
	bytes_put_number(&notes->bytes, func ? func->size : 0);
	if (!func)
		return NULL;
	bytes_put_number(&notes->bytes, va - func->va);
	put_text(notes, func->name);
	return func;
}

static struct gobin_line line_at(const void *context, uint64_t va)
{
	struct notes *notes = notes_of(context);
	struct gobin_line line = notes->source.line_at(notes->source.context, va);

	if (is_new(notes, NOTE_LINE, va)) {
		put_text(notes, line.file);
		bytes_put_number(&notes->bytes, line.line);
	}
	return line;
}

static uint64_t outermost_va(const void *context, uint64_t va)
{
	struct notes *notes = notes_of(context);
	uint64_t outermost = notes->source.outermost_va(notes->source.context, va);

	if (is_new(notes, NOTE_OUTERMOST, va))
		bytes_put_signed(&notes->bytes, (int64_t)(outermost - va));
	return outermost;
}

static size_t inlined_at(const void *context, uint64_t va, struct gobin_inlined *calls, size_t max)
{
	struct notes *notes = notes_of(context);
	size_t count = notes->source.inlined_at(notes->source.context, va, calls, max);

	if (!is_new(notes, NOTE_INLINED, va))
		return count;
	bytes_put_number(&notes->bytes, count);
	for (size_t i = 0; i < count; i++) {
		put_text(notes, calls[i].name);
		bytes_put_signed(&notes->bytes, (int64_t)(calls[i].call_va - va));
	}
	return count;
}

static const char *wait_reason(const void *context, unsigned reason)
{
	struct notes *notes = notes_of(context);
	const char *text = notes->source.wait_reason(notes->source.context, reason);

	if (is_new(notes, NOTE_REASON, reason))
		put_text(notes, text);
	return text;
}

static struct module_place module_place(const void *context, uint64_t number)
{
	struct notes *notes = notes_of(context);
	struct module_place place = notes->source.module_place(notes->source.modules, number);

	if (is_new(notes, NOTE_MODULE, number)) {
		put_text(notes, place.name);
		bytes_put_number(&notes->bytes, place.va);
	}
	return place;
}

static void put_code(struct bytes *bytes, const struct code_place *place, uint64_t va)
{
	bytes_put_number(bytes, !place ? 0
				       : CODE_IS_THERE | (place->is_bottom ? CODE_IS_BOTTOM : 0) |
						 (place->is_injected ? CODE_IS_INJECTED : 0));
	if (!place)
		return;
	bytes_put_number(bytes, va - place->func_va);
	bytes_put_signed(bytes, place->delta);
}

/* For struct unwind_code. What is there may be shown, as where a call was left, or where one goes on. */
static const struct code_place *code_at(void *context, uint64_t va)
{
	struct notes *notes = context;
	const struct code_place *place = notes->code.at(notes->code.context, va);

	if (!is_new(notes, NOTE_CODE, va))
		return place;
	put_code(&notes->bytes, place, va);
	if (place) {
		names_frames(notes->names, va);
		names_frames(notes->names, va + 1);
	}
	return place;
}

/* ---- life ---- */

static struct error *make_names(struct notes *notes, const struct name_site *sites)
{
	const struct name_source *inner = &notes->source;
	const struct name_source source = {
		.context = notes,
		.func_at = func_at,
		.line_at = line_at,
		.outermost_va = inner->outermost_va ? outermost_va : NULL,
		.inlined_at = inner->inlined_at ? inlined_at : NULL,
		.wait_reason = inner->wait_reason ? wait_reason : NULL,
		.modules = notes,
		.module_place = inner->module_place ? module_place : NULL,
	};

	return names_new(&source, sites, notes->num_sites, &notes->names);
}

struct error *notes_new(const struct name_source *source, const struct unwind_code *code,
			const struct name_site *sites, size_t num_sites, struct notes **out)
{
	struct notes *notes = *out = calloc(1, sizeof(*notes));

	if (!notes)
		return error_out_of_memory();
	notes->source = *source;
	if (code)
		notes->code = *code;
	notes->num_sites = num_sites;
	notes->site_is_known = calloc(num_sites + 1, sizeof(*notes->site_is_known));
	return notes->site_is_known ? make_names(notes, sites) : error_out_of_memory();
}

void notes_free(struct notes *notes)
{
	if (!notes)
		return;
	names_free(notes->names);
	free(notes->site_is_known);
	hash_free_items(&notes->asked);
	numbers_clear(&notes->texts);
	bytes_destroy(&notes->bytes);
	bytes_destroy(&notes->taken);
	free(notes);
}

/* ---- records ---- */

static void take_site(struct notes *notes, uint32_t site)
{
	if (site >= notes->num_sites || notes->site_is_known[site])
		return;
	names_site(notes->names, site);
	notes->site_is_known[site] = true;
}

/* Wherever one was left, it may be put right: hunt/samples.h. */
static void take_code(struct notes *notes, uint64_t va)
{
	if (notes->code.at && va && !(va & FOREIGN_ADDRESS))
		code_at(notes, va);
}

static void take_stack(struct notes *notes, const struct record_stack *stack)
{
	for (size_t i = 0; i < stack->count; i++) {
		names_frames(notes->names, stack->addresses[i]);
		take_code(notes, stack->addresses[i]);
	}
}

/* What may be a return address. */
static void take_top(struct notes *notes, const struct stack_top *top)
{
	for (size_t i = 0; i < 2; i++)
		take_code(notes, top->words[i] ? top->words[i] - 1 : 0);
}

static void take_copy(struct notes *notes, const struct record_stack_copy *copy)
{
	const struct stack_bytes bytes = {.bytes = copy->bytes, .len = copy->size};
	struct unwind_code code = notes->code;
	uint64_t frames[UNWIND_MAX_FRAMES];
	size_t count;

	if (!code.at || copy->ip_va & FOREIGN_ADDRESS)
		return;
	code.context = notes;
	code.at = code_at;
	code.load_bias = copy->bias;
	unwind(&code, &bytes, copy->ip_va + copy->bias, frames, &count);
	names_frames(notes->names, copy->ip_va);
	for (size_t i = 0; i < count; i++)
		names_frames(notes->names, frames[i] + 1);
}

static void take_origin(struct notes *notes, const struct origin *origin)
{
	names_start(notes->names, origin->start_va);
	names_caller(notes->names, origin->go_va);
	for (size_t i = 0; i < WAKER_DEPTH && origin->by_stack[i]; i++) {
		names_caller(notes->names, origin->by_stack[i]);
		names_waker(notes->names, origin->by_stack[i]);
	}
}

static void take_stuck(struct notes *notes, const struct record_stuck *stuck)
{
	const struct stuck_lead *leads;
	size_t count = record_stuck_leads(stuck, &leads);

	names_wait_reason(notes->names, stuck->reason);
	for (size_t i = 0; i < count; i++)
		names_wait_reason(notes->names, leads[i].reason);
}

void notes_take_record(struct notes *notes, const struct record *record)
{
	const struct record_frame *frame = (const struct record_frame *)record;
	const struct origin *origin = record_origin(record);

	if (record_has_frame(record->kind))
		take_site(notes, frame->site);
	switch (record->kind) {
	case RECORD_ENTRY:
		names_caller(notes->names, ((const struct record_entry *)record)->caller_va);
		break;
	case RECORD_STACK:
		take_stack(notes, (const struct record_stack *)record);
		break;
	case RECORD_STATE:
		names_caller(notes->names, ((const struct record_state *)record)->caller_va);
		names_wait_reason(notes->names, ((const struct record_state *)record)->reason);
		break;
	case RECORD_GO:
		names_wait_reason(notes->names, ((const struct record_go *)record)->reason);
		break;
	case RECORD_WAIT:
		take_top(notes, &((const struct record_wait *)record)->top);
		names_wait_reason(notes->names, ((const struct record_wait *)record)->reason);
		break;
	case RECORD_LOOK:
		names_wait_reason(notes->names, ((const struct record_look *)record)->reason);
		break;
	case RECORD_STUCK:
		take_stuck(notes, (const struct record_stuck *)record);
		break;
	case RECORD_OFFCPU:
		take_top(notes, &((const struct record_offcpu *)record)->top);
		break;
	case RECORD_SAMPLE:
		take_top(notes, &((const struct record_sample *)record)->top);
		break;
	case RECORD_STACK_COPY:
		take_copy(notes, (const struct record_stack_copy *)record);
		break;
	default:
		break;
	}
	if (origin)
		take_origin(notes, origin);
}

const struct bytes *notes_take(struct notes *notes)
{
	struct bytes taken = notes->bytes;

	notes->bytes = notes->taken;
	notes->taken = taken;
	bytes_clear(&notes->bytes);
	return &notes->taken;
}
