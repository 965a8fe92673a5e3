/* SPDX-License-Identifier: MIT */
#include "output/otlp_attributes.h"

#include <stdlib.h>

#include "otlp/attribute.h"
#include "output/amounts.h"
#include "output/json_call.h"

enum { SPAN_ATTRIBUTE = 9 };
enum { EVENT_ATTRIBUTE = 3 };

#define KEY_SIZE 256

static void put_name(struct bytes *message, unsigned member, const char *key,
		     const struct name *name)
{
	if (name)
		attribute_text(message, member, key, name->text, name->len);
}

static void put_number(struct bytes *span, const char *key, uint64_t number)
{
	if (number)
		attribute_number(span, SPAN_ATTRIBUTE, key, number);
}

static void put_flag(struct bytes *span, const char *key, bool is_set)
{
	if (is_set)
		attribute_bool(span, SPAN_ATTRIBUTE, key, true);
}

/* ---- states ---- */

static void put_states(struct output *out, struct bytes *span, const struct call *call)
{
	struct amount amounts[MAX_AMOUNTS];
	uint64_t run_ns;
	size_t count = amounts_of_call(out->names, call, "unknown", amounts, &run_ns);
	char key[KEY_SIZE];

	attribute_number(span, SPAN_ATTRIBUTE, "gofuncgraph.states_ns.running", run_ns);
	for (size_t i = 0; i < count; i++) {
		snprintf(key, sizeof(key), "gofuncgraph.states_ns.%s%s",
			 amounts[i].state == STATE_WAITING ? "waiting." : "", amounts[i].name);
		attribute_number(span, SPAN_ATTRIBUTE, key, amounts[i].ns);
	}
}

const char *otlp_wait_name(struct output *out, const struct wait *wait)
{
	return amount_name(out->names, wait->state, wait->reason, "unknown");
}

void otlp_put_wait(struct output *out, struct bytes *event, const struct wait *wait)
{
	attribute_number(event, EVENT_ATTRIBUTE, "gofuncgraph.duration_ns",
			 wait->end_ns - wait->start_ns);
	attribute_string(event, EVENT_ATTRIBUTE, "gofuncgraph.state",
			 names_state(out->names, wait->state));
	if (wait->is_open)
		attribute_bool(event, EVENT_ATTRIBUTE, "gofuncgraph.open", true);
	if (wait->is_open || !wait->by_goid)
		return;
	const struct place *place =
		names_waker(out->names, names_waker_va(out->names, wait->by_stack));

	attribute_number(event, EVENT_ATTRIBUTE, "gofuncgraph.woken_by.goid", wait->by_goid);
	put_name(event, EVENT_ATTRIBUTE, "gofuncgraph.woken_by.function", place->function);
	put_name(event, EVENT_ATTRIBUTE, "gofuncgraph.woken_by.file", place->file);
	if (place->line)
		attribute_number(event, EVENT_ATTRIBUTE, "gofuncgraph.woken_by.line", place->line);
}

/* ---- calls ---- */

static void put_code(struct output *out, struct bytes *span, const struct call *call)
{
	const struct place *entry = output_entry(out, call);

	put_name(span, SPAN_ATTRIBUTE, "code.function.name", entry->function);
	put_name(span, SPAN_ATTRIBUTE, "code.file.path", entry->file);
	put_number(span, "code.line.number", entry->line);
}

static void put_caller(struct output *out, struct bytes *span, const struct call *call)
{
	const struct place *caller = names_caller(out->names, call->caller_va);

	put_name(span, SPAN_ATTRIBUTE, "gofuncgraph.caller.function", caller->function);
	put_name(span, SPAN_ATTRIBUTE, "gofuncgraph.caller.file", caller->file);
	put_number(span, "gofuncgraph.caller.line", caller->line);
}

/* Attributes of a place, as they are in each span that names it. */
struct known_place {
	struct hash_key key;
	size_t size;
	uint8_t bytes[];
};

enum place_kind { PLACE_SITE, PLACE_START, PLACE_CALLER };

static void remember(struct hash *places, struct hash_key key, const uint8_t *bytes, size_t size)
{
	struct known_place *known;

	if (places->count >= OTLP_MAX_PLACES)
		hash_free_items(places);
	known = malloc(sizeof(*known) + size);
	if (!known)
		return;
	known->key = key;
	known->size = size;
	memcpy(known->bytes, bytes, size);
	if (!hash_add(places, &known->key))
		free(known);
}

/* By `put`, once. */
static void put_place(struct output *out, struct hash *places, struct bytes *span,
		      struct hash_key key, const struct call *call,
		      void (*put)(struct output *out, struct bytes *span, const struct call *call))
{
	const struct known_place *known = hash_find(places, key);
	size_t begin = span->size;

	if (known) {
		bytes_put(span, known->bytes, known->size);
		return;
	}
	put(out, span, call);
	if (!span->failed && span->size > begin)
		remember(places, key, span->data + begin, span->size - begin);
}

static void put_places(struct output *out, struct hash *places, struct bytes *span,
		       const struct call *call)
{
	struct hash_key entry = {call->entry_site, PLACE_SITE};

	if (call->entry_site == CALLTREE_NO_SITE)
		entry = (struct hash_key){call->start_va, PLACE_START};
	put_place(out, places, span, entry, call, put_code);
	put_place(out, places, span, (struct hash_key){call->caller_va, PLACE_CALLER}, call,
		  put_caller);
}

/* Of its first call alone. */
static void put_tree(struct bytes *span, const struct tree *tree)
{
	attribute_number(span, SPAN_ATTRIBUTE, "gofuncgraph.tree", tree->number);
	put_number(span, "gofuncgraph.lost", tree->lost);
	put_number(span, "gofuncgraph.calls_left_out", tree->left_out);
	put_number(span, "gofuncgraph.probes_off_ns", tree->off_ns);
	put_number(span, "gofuncgraph.functions_off", tree->num_off);
	put_number(span, "gofuncgraph.one_in", tree->one_in > 1 ? tree->one_in : 0);
}

void otlp_put_behind(struct bytes *span, const struct otlp_count *behind)
{
	put_number(span, "gofuncgraph.stayed_behind.trees", behind->trees);
	put_number(span, "gofuncgraph.stayed_behind.spans", behind->spans);
}

void otlp_put_call(struct output *out, struct hash *places, struct bytes *span,
		   const struct tree *tree, const struct call *call)
{
	put_places(out, places, span, call);
	put_number(span, "thread.id", tree->goid);
	attribute_string(span, SPAN_ATTRIBUTE, "gofuncgraph.end", json_end_name(call->end));
	if (call->end == CALL_RETURN || call->end == CALL_TAIL_CALL)
		put_number(span, "gofuncgraph.return.line",
			   names_site(out->names, call->exit_site)->line);
	put_number(span, "gofuncgraph.probe_ns", call->probe_ns);
	put_flag(span, "gofuncgraph.incomplete", call->incomplete);
	put_number(span, "gofuncgraph.folded.calls", call->folded_calls);
	put_number(span, "gofuncgraph.folded.ns", call->folded_ns);
	if (!call->depth)
		put_tree(span, tree);
	if (out->options.run.states && !call->lacks_states)
		put_states(out, span, call);
	otlp_put_values(out, span, call);
}
