/* SPDX-License-Identifier: MIT */
/* output.c - the formats behind one interface; see gofuncgraph/output.h. */
#include "gofuncgraph/output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "base/bytes.h"
#include "base/text.h"
#include "output/format.h"
#include "output/format_list.h"

/* ---- trees that were written ---- */

static struct hash_key written_key(const struct tree *tree)
{
	return (struct hash_key){.first = tree->root};
}

static bool was_written(const struct output *out, const struct tree *tree)
{
	return hash_find(&out->written, written_key(tree));
}

/* Calls of trees that are open are written, so that nobody knows which ones those will be that end
 * first. */
static bool writes_open_trees(const struct output *out)
{
	return out->format->call && !out->options.whole_trees;
}

/* For its other parts, and the followed trees that descend from it. */
static void remember_written(struct output *out, const struct tree *tree)
{
	if (out->options.max_trees && !writes_open_trees(out) &&
	    (out->options.run.follow || tree->part))
		hash_note(&out->written, written_key(tree));
}

/* ---- life ---- */

struct named_format {
	const char *name;
	const struct format *format;
};

#define ENTRY(name, about, format) {name, &format},

const struct format *format_named(enum output_kind kind, const char *name)
{
	static const struct named_format of_trees[] = {TREE_FORMATS(ENTRY, ENTRY, ENTRY){}};
	static const struct named_format of_reports[] = {REPORT_FORMATS(ENTRY, ENTRY, ENTRY){}};
	static const struct named_format of_states[] = {STATE_FORMATS(ENTRY, ENTRY, ENTRY){}};
	static const struct named_format of_hunt[] = {HUNT_FORMATS(ENTRY, ENTRY, ENTRY){}};
	static const struct named_format *const all[] = {
		[OUTPUT_TREES] = of_trees,
		[OUTPUT_REPORT] = of_reports,
		[OUTPUT_STATES] = of_states,
		[OUTPUT_HUNT] = of_hunt,
	};
	const struct named_format *formats = all[kind];

	if (!name)
		return formats[0].format;
	for (size_t i = 0; formats[i].name; i++)
		if (strcmp(formats[i].name, name) == 0)
			return formats[i].format;
	return NULL;
}

bool format_can_summarize(const struct format *format)
{
	return format->summary;
}

bool format_is_document(const struct format *format)
{
	return format->is_document;
}

bool format_can_be_live(const struct format *format)
{
	return format->live;
}

/* In which what is wanted is written. */
static const struct format *wanted_format(const struct format *format,
					  const struct output_options *options)
{
	if (options->summary.is_wanted)
		return format->summary;
	return options->live ? format->live : format;
}

struct error *output_new(const struct format *format, const struct output_options *options,
			 struct output **result)
{
	struct output *out = calloc(1, sizeof(*out));

	*result = NULL;
	if (!out)
		return error_out_of_memory();
	out->options = *options;
	out->names = options->names;
	out->writer.file = options->file;
	out->format = wanted_format(format, options);
	struct error *err = out->format->begin ? out->format->begin(out) : NULL;
	if (err) {
		output_free(out);
		return err;
	}
	*result = out;
	return NULL;
}

void output_free(struct output *out)
{
	if (!out)
		return;
	if (out->format->free)
		out->format->free(out);
	hash_free_items(&out->written);
	free(out);
}

/* ---- what ends ---- */

/*
 * With a limit: a format that writes whole trees writes the first that end; one that writes calls
 * as they end does not know yet which trees those will be and writes the first that began. Followed
 * trees go with the one that they descend from.
 */
static bool is_beyond_limit(const struct output *out, const struct tree *tree)
{
	uint64_t max = out->options.max_trees;

	if (!max)
		return false;
	if (writes_open_trees(out))
		return !tree->root || tree->root > max;
	/* What was begun is ended. */
	return out->num_trees >= max &&
	       !((output_is_followed(tree) || tree->part) && was_written(out, tree));
}

static void call_began(void *context, const struct tree *tree, const struct call *call)
{
	struct output *out = context;

	if (!is_beyond_limit(out, tree))
		out->format->entry(out, tree, call);
}

static void call_ended(void *context, const struct tree *tree, const struct call *call)
{
	struct output *out = context;

	if (!is_beyond_limit(out, tree))
		out->format->call(out, tree, call);
}

static void wait_ended(void *context, const struct tree *tree, const struct call *call,
		       const struct wait *wait)
{
	struct output *out = context;

	if (!is_beyond_limit(out, tree))
		out->format->wait(out, tree, call, wait);
}

static void records_lost(void *context, const struct tree *tree, const struct loss *loss)
{
	struct output *out = context;

	if (!is_beyond_limit(out, tree))
		out->format->lost(out, tree, loss);
}

static void tree_ended(void *context, const struct tree *tree)
{
	struct output *out = context;

	if (is_beyond_limit(out, tree))
		return;
	if (out->format->tree)
		out->format->tree(out, tree);
	if (output_is_followed(tree))
		return;
	out->num_trees++;
	remember_written(out, tree);
}

static void tree_settled(void *context, const struct tree *tree)
{
	struct output *out = context;

	if (is_beyond_limit(out, tree))
		return;
	if (out->format->part)
		out->format->part(out, tree);
	remember_written(out, tree);
}

static uint32_t func_of_site(void *context, uint32_t site)
{
	const struct output *out = context;

	return names_func_of_site(out->names, site);
}

struct calltree_sink output_sink(struct output *out)
{
	return (struct calltree_sink){
		.context = out,
		.call_began = out->format->entry ? call_began : NULL,
		.call_ended = out->format->call ? call_ended : NULL,
		.wait_ended = out->format->wait ? wait_ended : NULL,
		.records_lost = out->format->lost ? records_lost : NULL,
		.tree_ended = tree_ended,
		.tree_settled = out->format->part || out->options.whole_trees ? tree_settled : NULL,
		.func_of_site = func_of_site,
		.values = out->options.values,
		.keep_calls = out->format->tree != NULL,
		.states = out->options.run.states,
		.min_wait_ns = out->options.run.min_wait_ns,
		.num_before = out->options.num_trees_before,
	};
}

/* ---- states ---- */

void output_change(struct output *out, const struct state_change *change)
{
	out->format->change(out, change);
}

void output_table(struct output *out, const struct state_table *table)
{
	if (out->format->table)
		out->format->table(out, table);
}

void output_row(struct output *out, const struct state_row *row)
{
	out->format->row(out, row);
}

/* ---- hunt ---- */

void output_stuck(struct output *out, const struct hunt_stuck *stuck)
{
	if (out->format->stuck)
		out->format->stuck(out, stuck);
}

void output_hunt(struct output *out, const struct hunt_report *report)
{
	out->format->hunt(out, report);
}

bool format_wants_full_stacks(const struct format *format)
{
	return format->full_stacks;
}

bool format_wants_goroutines(const struct format *format)
{
	return format->by_goroutine;
}

size_t format_num_slowest(const struct format *format)
{
	return format->num_slowest;
}

void output_hear(struct output *out, const struct record *record)
{
	if (out->format->hear)
		out->format->hear(out, record);
}

void output_tick(struct output *out, uint64_t now_ns)
{
	if (out->format->tick)
		out->format->tick(out, now_ns);
}

void output_end(struct output *out, const struct output_totals *totals)
{
	if (out->format->end)
		out->format->end(out, totals);
}

bool output_count_sent(const struct output *out, struct output_sent *sent)
{
	if (out->format->count_sent)
		out->format->count_sent(out, sent);
	return out->format->count_sent;
}

uint64_t output_num_left_out(const struct output *out)
{
	return out->num_left_out;
}

uint64_t output_num_trees(const struct output *out)
{
	return out->num_trees;
}

char *output_command(const struct output *out)
{
	char *const *arguments = out->options.about.arguments;
	struct bytes text = {};
	char *clean;

	for (size_t i = 0; arguments && arguments[i]; i++) {
		if (i)
			bytes_put(&text, " ", 1);
		bytes_put(&text, arguments[i], strlen(arguments[i]));
	}
	clean = text.failed ? NULL : text_escape((const char *)text.data, text.size);
	bytes_destroy(&text);
	return clean;
}

struct error *output_forgive_reader(struct error *err, int errnum)
{
	if (errnum != EPIPE)
		return err;
	error_free(err);
	return NULL;
}

struct error *output_flush(struct output *out, int *errnum)
{
	struct error *err;

	*errnum = 0;
	if (out->writer.file)
		writer_flush(&out->writer);
	err = out->format->flush ? out->format->flush(out, errnum) : NULL;
	if (err)
		return err;
	*errnum = out->writer.errnum;
	return writer_error(&out->writer, out->format->prints);
}
