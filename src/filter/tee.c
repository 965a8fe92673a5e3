/* SPDX-License-Identifier: MIT */
#include "filter/tee.h"

static void call_began(void *context, const struct tree *tree, const struct call *call)
{
	const struct tee *tee = context;

	if (tee->first.call_began)
		tee->first.call_began(tee->first.context, tree, call);
	if (tee->then.call_began)
		tee->then.call_began(tee->then.context, tree, call);
}

static void call_ended(void *context, const struct tree *tree, const struct call *call)
{
	const struct tee *tee = context;

	if (tee->first.call_ended)
		tee->first.call_ended(tee->first.context, tree, call);
	if (tee->then.call_ended)
		tee->then.call_ended(tee->then.context, tree, call);
}

static void tree_ended(void *context, const struct tree *tree)
{
	const struct tee *tee = context;

	if (tee->first.tree_ended)
		tee->first.tree_ended(tee->first.context, tree);
	if (tee->then.tree_ended)
		tee->then.tree_ended(tee->then.context, tree);
}

static void tree_settled(void *context, const struct tree *tree)
{
	const struct tee *tee = context;

	if (tee->first.tree_settled)
		tee->first.tree_settled(tee->first.context, tree);
	if (tee->then.tree_settled)
		tee->then.tree_settled(tee->then.context, tree);
}

static void wait_ended(void *context, const struct tree *tree, const struct call *call,
		       const struct wait *wait)
{
	const struct tee *tee = context;

	tee->then.wait_ended(tee->then.context, tree, call, wait);
}

static void records_lost(void *context, const struct tree *tree, const struct loss *loss)
{
	const struct tee *tee = context;

	tee->then.records_lost(tee->then.context, tree, loss);
}

static uint32_t func_of_site(void *context, uint32_t site)
{
	const struct tee *tee = context;

	return tee->then.func_of_site(tee->then.context, site);
}

/* Who keeps calls, and takes no parts of trees, wants them as a whole. */
static bool takes_parts(const struct calltree_sink *sink)
{
	return sink->tree_settled || !sink->keep_calls;
}

struct calltree_sink tee_sink(struct tee *tee)
{
	const struct calltree_sink *first = &tee->first, *then = &tee->then;
	struct calltree_sink sink = *then;

	sink.context = tee;
	sink.call_began = first->call_began || then->call_began ? call_began : NULL;
	sink.call_ended = first->call_ended || then->call_ended ? call_ended : NULL;
	sink.tree_ended = tree_ended;
	sink.tree_settled = takes_parts(first) && takes_parts(then) ? tree_settled : NULL;
	sink.wait_ended = then->wait_ended ? wait_ended : NULL;
	sink.records_lost = then->records_lost ? records_lost : NULL;
	sink.func_of_site = then->func_of_site ? func_of_site : NULL;
	sink.keep_calls = first->keep_calls || then->keep_calls;
	return sink;
}
