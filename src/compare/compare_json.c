/* SPDX-License-Identifier: MIT */
/* compare_json.c - two recordings compared as JSON Lines, one object a function; man/gofuncgraph-c-json.5. */
#include <stdio.h>

#include "compare/compare.h"
#include "output/json_writer.h"

#define MAX_KINDS 32

static const char *const verdicts[] = {
	[COMPARE_SLOWER] = "slower",
	[COMPARE_FASTER] = "faster",
	[COMPARE_ALIKE] = "alike",
	[COMPARE_TOO_FEW] = "too few",
};

static void put_real(struct json_writer *json, double value)
{
	char text[32];

	json_raw(json, text, (size_t)snprintf(text, sizeof(text), "%.6g", value));
}

static void put_durations(struct json_writer *json, const struct histogram *durations)
{
	json_member_number(json, "p50_ns", histogram_quantile(durations, 0.5));
	json_member_number(json, "p99_ns", histogram_quantile(durations, 0.99));
	json_member_number(json, "max_ns", durations->max);
}

static void put_kinds(struct json_writer *json, const struct compared *one, bool is_old)
{
	struct compared_kind kinds[MAX_KINDS];
	size_t count = compare_kinds(one, kinds, MAX_KINDS);

	if (!count)
		return;
	json_member_open(json, "states_ns", '{');
	for (size_t i = 0; i < count; i++) {
		json_text_key(json, kinds[i].name);
		json_number(json, (uint64_t)(is_old ? kinds[i].old_ns : kinds[i].new_ns));
	}
	json_close(json, '}');
}

static void put_side(struct json_writer *json, const struct compared *one, bool is_old)
{
	const struct compared_side *side = is_old ? &one->old : &one->new;

	json_member_number(json, "targets", side->num_trees);
	json_member_number(json, "calls", side->row ? side->row->num_calls : 0);
	json_member_number(json, "self_ns", (uint64_t)side->own_ns);
	if (side->row && side->row->durations.count)
		put_durations(json, &side->row->durations);
	put_kinds(json, one, is_old);
}

static void put_row(struct writer *writer, const struct compared *one)
{
	struct json_writer json = json_begin(writer);

	json_member_text(&json, "diff", verdicts[one->verdict]);
	json_member_text(&json, "function", one->function);
	json_member_text(&json, "target", one->root);
	json_key(&json, "p");
	put_real(&json, one->p);
	json_key(&json, "superiority");
	put_real(&json, one->superiority);
	json_member_open(&json, "old", '{');
	put_side(&json, one, true);
	json_close(&json, '}');
	json_member_open(&json, "new", '{');
	put_side(&json, one, false);
	json_close(&json, '}');
	json_end(&json);
}

void comparison_json(const struct comparison *comparison, struct writer *writer)
{
	for (size_t i = 0; i < comparison->count; i++)
		put_row(writer, &comparison->rows[i]);
}
