/* SPDX-License-Identifier: MIT */
/* shallow.c - so many levels of calls; see shallow.h. */
#include "filter/shallow.h"

static void call_began(void *context, const struct tree *tree, const struct call *call)
{
	const struct shallow *shallow = context;

	if (call->depth < shallow->depth)
		shallow->next.call_began(shallow->next.context, tree, call);
}

static void call_ended(void *context, const struct tree *tree, const struct call *call)
{
	const struct shallow *shallow = context;
	struct call shown = *call;

	if (call->depth >= shallow->depth)
		return;
	if (call->depth + 1 == shallow->depth) {
		shown.folded_calls = tree->num_entered - call->number;
		shown.folded_ns = call->inner_ns;
	}
	shallow->next.call_ended(shallow->next.context, tree, &shown);
}

static void wait_ended(void *context, const struct tree *tree, const struct call *call,
		       const struct wait *wait)
{
	const struct shallow *shallow = context;

	if (wait->depth < shallow->depth)
		shallow->next.wait_ended(shallow->next.context, tree, call, wait);
}

static uint32_t func_of_site(void *context, uint32_t site)
{
	const struct shallow *shallow = context;

	return shallow->next.func_of_site(shallow->next.context, site);
}

static void tree_ended(void *context, const struct tree *tree)
{
	const struct shallow *shallow = context;

	shallow->next.tree_ended(shallow->next.context, tree);
}

static void records_lost(void *context, const struct tree *tree, const struct loss *loss)
{
	const struct shallow *shallow = context;
	struct loss shown = *loss;

	if (shown.depth >= shallow->depth)
		shown.depth = (uint32_t)shallow->depth - 1;
	shallow->next.records_lost(shallow->next.context, tree, &shown);
}

struct calltree_sink shallow_sink(struct shallow *shallow)
{
	const struct calltree_sink *next = &shallow->next;
	struct calltree_sink sink = *next;

	sink.context = shallow;
	sink.call_began = next->call_began ? call_began : NULL;
	sink.call_ended = next->call_ended ? call_ended : NULL;
	sink.wait_ended = next->wait_ended ? wait_ended : NULL;
	sink.records_lost = next->records_lost ? records_lost : NULL;
	sink.tree_ended = next->tree_ended ? tree_ended : NULL;
	sink.func_of_site = next->func_of_site ? func_of_site : NULL;
	return sink;
}
