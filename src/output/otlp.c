/* SPDX-License-Identifier: MIT */
/*
 * otlp.c - trees to a collector of OpenTelemetry: which of them leave the machine, and what became of them. Spans
 * are made in otlp_spans.c, and sent by otlp/exporter.h.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/text.h"
#include "otlp/rate.h"
#include "output/otlp_spans.h"

struct otlp {
	struct otlp_exporter *exporter;
	struct otlp_spans spans;
	struct otlp_rate rate;
	struct otlp_count behind; /* nobody was told yet */
	struct otlp_count all_behind;
	struct otlp_resources resources;
	bool has_told; /* see struct otlp_process */
	bool lacks_some; /* what was recorded was to be sent as a whole, and was not */
	struct hash parted; /* trees that go in parts: the others of them go, too */
};

static struct error *begin(struct output *out)
{
	struct otlp *otlp = calloc(1, sizeof(*otlp));
	struct otlp_settings settings = {};
	struct error *err;

	out->data = otlp;
	if (!otlp)
		return error_out_of_memory();
	otlp->rate.per_second = out->options.max_spans_per_second;
	otlp->resources.common = (struct otlp_process){.binary = out->options.about.binary,
						       .build_id = out->options.about.build_id,
						       .is_here = !out->options.is_past,
						       .has_told = &otlp->has_told};
	err = otlp_spans_begin(&otlp->spans);
	err = err ?: otlp_settings_read(&settings, out->options.path);
	if (err) {
		otlp_settings_destroy(&settings);
		return err;
	}
	return otlp_exporter_new(&settings, out->options.is_past, out->options.is_told_to_stop,
				 &otlp->exporter);
}

static void free_data(struct output *out)
{
	struct otlp *otlp = out->data;

	if (!otlp)
		return;
	otlp_exporter_free(otlp->exporter);
	otlp_resources_destroy(&otlp->resources);
	hash_free_items(&otlp->parted);
	otlp_spans_destroy(&otlp->spans);
	free(otlp);
}

static void fail(struct output *out)
{
	if (!out->writer.errnum)
		out->writer.errnum = ENOMEM;
}

/* ---- trees ---- */

static void hear(struct output *out, const struct record *record)
{
	struct otlp *otlp = out->data;

	otlp_resources_hear(&otlp->resources, record->pid, record->time_ns);
	if (record->kind == RECORD_EXEC || record->kind == RECORD_PROCESS_EXIT)
		otlp_resources_end(&otlp->resources, record->pid, record->time_ns);
}

/* By the clock of records: now, or then. */
static uint64_t time_of(const struct output *out, const struct tree *tree)
{
	if (!out->options.is_past)
		return event_clock_now_ns(out->options.clock);
	return tree->num_calls ? tree->calls[0].end_ns : 0;
}

/* It may leave the machine; else it is counted. */
static bool is_allowed(struct output *out, const struct tree *tree)
{
	struct otlp *otlp = out->data;
	struct hash_key key = {.first = tree->number};
	uint64_t num_spans, num_trees;

	if (tree->part > 1 && hash_find(&otlp->parted, key))
		return true;
	num_spans = otlp_spans_count(tree);
	num_trees = tree->part <= 1 && !output_is_followed(tree);
	if (tree->part <= 1 && otlp_rate_allows(&otlp->rate, time_of(out, tree), num_spans)) {
		if (tree->part)
			hash_note(&otlp->parted, key);
		return true;
	}
	otlp->behind.trees += num_trees;
	otlp->behind.spans += num_spans;
	otlp->all_behind.trees += num_trees;
	otlp->all_behind.spans += num_spans;
	return false;
}

static void part(struct output *out, const struct tree *tree)
{
	struct otlp *otlp = out->data;
	uint64_t start_ns = tree->num_calls ? tree->calls[0].start_ns : 0;
	struct otlp_resource *resource;
	struct otlp_load *loads = NULL;

	if (!is_allowed(out, tree))
		return;
	resource = otlp_resources_at(&otlp->resources, tree->pid, start_ns);
	if (!resource || !otlp_spans_of(&otlp->spans, out, tree, resource, &otlp->behind, &loads))
		fail(out);
	else if (loads)
		otlp_exporter_push(otlp->exporter, loads);
	otlp_resource_free(resource);
}

static void entry(struct output *out, const struct tree *tree, const struct call *call)
{
	struct otlp *otlp = out->data;

	if (!call->parent)
		otlp_spans_note_begin(&otlp->spans, out, tree, call);
}

/* ---- what became of them ---- */

static void count_sent(const struct output *out, struct output_sent *sent)
{
	const struct otlp *otlp = out->data;
	const struct otlp_counts counts = otlp_exporter_counts(otlp->exporter);
	const struct otlp_count by[FATE_COUNT] = {
		[FATE_SENT] = counts.sent,       [FATE_STAYED] = otlp->all_behind,
		[FATE_NO_ROOM] = counts.no_room, [FATE_REFUSED] = counts.refused,
		[FATE_WAITING] = counts.unsent,
	};

	for (int fate = 0; fate < FATE_COUNT; fate++) {
		sent->by[fate].trees = by[fate].trees;
		sent->by[fate].spans = by[fate].spans;
	}
	sent->rejected = counts.rejected;
}

static struct error *flush(struct output *out, int *errnum)
{
	struct otlp *otlp = out->data;

	otlp_exporter_tell(otlp->exporter);
	if (!otlp->lacks_some && !otlp_exporter_gave_up(otlp->exporter))
		return NULL;
	*errnum = EIO;
	return error_new("not all trees were sent to %s: what it answers is told above",
			 otlp_exporter_url(otlp->exporter).text);
}

static void tell_dropped(const struct otlp_count *count, const char *why)
{
	if (count->spans)
		log_warning("%s of %s %s not sent: %s",
			    text_counted(count->spans, "span", "spans").text,
			    text_counted(count->trees, "tree", "trees").text,
			    count->spans == 1 ? "was" : "were", why);
}

static void end(struct output *out, const struct output_totals *totals)
{
	struct otlp *otlp = out->data;
	struct otlp_counts counts;

	otlp_exporter_finish(otlp->exporter);
	counts = otlp_exporter_counts(otlp->exporter);
	log_info("sent %s of %s to %s", text_counted(counts.sent.spans, "span", "spans").text,
		 text_counted(counts.sent.trees, "tree", "trees").text,
		 otlp_exporter_url(otlp->exporter).text);
	tell_dropped(&counts.no_room, "too many were waiting for the collector to take them");
	tell_dropped(&counts.refused, "the collector refused them");
	tell_dropped(&counts.unsent, "the collector had not taken them at the end");
	if (counts.rejected)
		log_warning(
			"%s rejected by the collector",
			text_counted(counts.rejected, "of these spans was", "of these spans were")
				.text);
	if (otlp->all_behind.spans)
		log_info("%s of %s stayed behind (--max-spans-per-second %" PRIu64 ")",
			 text_counted(otlp->all_behind.trees, "tree", "trees").text,
			 text_counted(otlp->all_behind.spans, "span", "spans").text,
			 otlp->rate.per_second);
	/* Who sends what was recorded wants all of it. */
	otlp->lacks_some = out->options.is_past && (counts.no_room.spans || counts.refused.spans ||
						    counts.unsent.spans || counts.rejected);
}

const struct format format_otlp = {
	.prints = "the trees",
	.target = FORMAT_TO_URL,
	.begin = begin,
	.hear = hear,
	.entry = entry,
	.tree = part,
	.part = part,
	.count_sent = count_sent,
	.flush = flush,
	.end = end,
	.free = free_data,
};
