/* SPDX-License-Identifier: MIT */
/* prometheus_text.c - metrics as text; see prometheus.h. Other programs depend on the names: none is renamed. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/text.h"
#include "output/amounts.h"
#include "output/json_call.h"
#include "output/prometheus.h"

#define PREFIX   "gofuncgraph_"
#define NS_PER_S UINT64_C(1000000000)

struct text {
	FILE *to;
	struct output *out;
	const struct prometheus_calls *calls;
	const char *binary; /* clean, as all texts have to be */
};

/* ---- lines ---- */

/* A metric begins: its samples follow. */
static void put_head(const struct text *text, const char *name, const char *type, const char *help)
{
	fprintf(text->to, "# HELP " PREFIX "%s %s\n# TYPE " PREFIX "%s %s\n", name, help, name,
		type);
}

/* As the format escapes the values of labels. */
static void put_label(const struct text *text, const char *label, const char *value)
{
	fprintf(text->to, "%s=\"", label);
	for (; *value; value++) {
		if (*value == '\n')
			fputs("\\n", text->to);
		else if (*value == '\\' || *value == '"')
			fprintf(text->to, "\\%c", *value);
		else
			fputc(*value, text->to);
	}
	fputc('"', text->to);
}

/* Up to the labels that are the sample's own. */
static void begin_sample(const struct text *text, const char *name)
{
	fprintf(text->to, PREFIX "%s{", name);
	put_label(text, "binary", text->binary);
}

static void put_own_label(const struct text *text, const char *label, const char *value)
{
	fputc(',', text->to);
	put_label(text, label, value);
}

static void end_with_number(const struct text *text, uint64_t number)
{
	fprintf(text->to, "} %" PRIu64 "\n", number);
}

static void end_with_seconds(const struct text *text, uint64_t ns)
{
	fprintf(text->to, "} %" PRIu64 ".%09" PRIu64 "\n", ns / NS_PER_S, ns % NS_PER_S);
}

/* ---- functions ---- */

static void visit(const struct text *text,
		  void (*put)(const struct text *text, const struct prometheus_function *function,
			      const char *name))
{
	const struct prometheus_calls *calls = text->calls;

	for (size_t i = 0; i < calls->num_functions; i++)
		put(text, calls->functions[i], calls->functions[i]->name);
	if (calls->num_functions == PROMETHEUS_MAX_FUNCTIONS)
		put(text, &calls->others, "other functions");
}

static void put_ends(const struct text *text, const struct prometheus_function *function,
		     const char *name)
{
	for (uint8_t end = CALL_RETURN; end < FUNCTION_NUM_ENDS; end++) {
		if (!function->ends[end] && end != CALL_RETURN)
			continue;
		begin_sample(text, "calls_total");
		put_own_label(text, "function", name);
		put_own_label(text, "end", json_end_name(end));
		end_with_number(text, function->ends[end]);
	}
}

static void put_open(const struct text *text, const struct prometheus_function *function,
		     const char *name)
{
	begin_sample(text, "open_calls");
	put_own_label(text, "function", name);
	end_with_number(text, function->open);
}

static void put_bucket(const struct text *text, const char *name, const char *bound, uint64_t count)
{
	begin_sample(text, "call_duration_seconds_bucket");
	put_own_label(text, "function", name);
	put_own_label(text, "le", bound);
	end_with_number(text, count);
}

static void put_durations(const struct text *text, const struct prometheus_function *function,
			  const char *name)
{
	uint64_t count = 0;
	char bound[32];

	for (unsigned i = 0; i < PROMETHEUS_NUM_BOUNDS; i++) {
		count += function->durations[i];
		/* All digits: powers of two have few enough. */
		snprintf(bound, sizeof(bound), "%.17g", ldexp(1, PROMETHEUS_FIRST_POWER + (int)i));
		put_bucket(text, name, bound, count);
	}
	count += function->durations[PROMETHEUS_NUM_BOUNDS];
	put_bucket(text, name, "+Inf", count);
	begin_sample(text, "call_duration_seconds_sum");
	put_own_label(text, "function", name);
	end_with_seconds(text, function->sum_ns);
	begin_sample(text, "call_duration_seconds_count");
	put_own_label(text, "function", name);
	end_with_number(text, count);
}

static void put_state(const struct text *text, const char *name, const char *state,
		      const char *reason, uint64_t ns)
{
	begin_sample(text, "call_state_seconds_total");
	put_own_label(text, "function", name);
	put_own_label(text, "state", state);
	if (reason)
		put_own_label(text, "reason", reason);
	end_with_seconds(text, ns);
}

static void put_states(const struct text *text, const struct prometheus_function *function,
		       const char *name)
{
	const struct call all = {.end_ns = function->states_ns,
				 .parts = function->spent.parts,
				 .num_parts = (uint16_t)function->spent.num_parts};
	struct amount amounts[MAX_AMOUNTS];
	uint64_t run_ns;
	size_t count = amounts_of_call(text->out->names, &all, "unknown", amounts, &run_ns);

	put_state(text, name, "running", NULL, run_ns);
	for (size_t i = 0; i < count; i++) {
		bool waits = amounts[i].state == STATE_WAITING;

		put_state(text, name, waits ? "waiting" : amounts[i].name,
			  waits ? amounts[i].name : NULL, amounts[i].ns);
	}
}

static void put_calls(const struct text *text)
{
	const struct output_options *options = &text->out->options;

	put_head(text, "calls_total", "counter", "Calls that ended, by how they did.");
	visit(text, put_ends);
	/* Of trees that are told when they have ended, none is open. */
	if (!options->whole_trees) {
		put_head(text, "open_calls", "gauge", "Calls that have not ended yet.");
		visit(text, put_open);
	}
	put_head(text, "call_duration_seconds", "histogram", "How long calls took.");
	visit(text, put_durations);
	if (!options->run.states)
		return;
	put_head(text, "call_state_seconds_total", "counter",
		 "What goroutines did in these calls, and in what those called.");
	visit(text, put_states);
}

/* ---- tracing ---- */

static void put_number(const struct text *text, const char *name, const char *type,
		       const char *help, uint64_t number)
{
	put_head(text, name, type, help);
	begin_sample(text, name);
	end_with_number(text, number);
}

static void put_seconds(const struct text *text, const char *name, const char *type,
			const char *help, uint64_t ns)
{
	put_head(text, name, type, help);
	begin_sample(text, name);
	end_with_seconds(text, ns);
}

static void put_left_out(const struct text *text, const struct output_counts *counts)
{
	const uint64_t *statistics = counts->statistics;
	const struct {
		const char *why;
		uint64_t count;
	} left_out[] = {
		{"max_overhead", statistics[STAT_LEFT_OUT]},
		{"no_room", statistics[STAT_NO_ROOM]},
		{"goid", statistics[STAT_OTHER_GOROUTINES]},
		{"condition", statistics[STAT_REJECTED] + counts->rejected},
		{"condition_unknown", statistics[STAT_UNDECIDED] + counts->undecided},
		{"filter", counts->unwanted},
	};

	put_head(text, "target_calls_left_out_total", "counter",
		 "Calls of targets that are in no other metric, by the reason.");
	for (size_t i = 0; i < sizeof(left_out) / sizeof(left_out[0]); i++) {
		begin_sample(text, "target_calls_left_out_total");
		put_own_label(text, "why", left_out[i].why);
		end_with_number(text, left_out[i].count);
	}
}

/* Two samples of a metric: of the traced processes, and of others. */
static void put_of_both(const struct text *text, const char *name, const char *help,
			void (*end)(const struct text *text, uint64_t value), uint64_t traced,
			uint64_t others)
{
	put_head(text, name, "counter", help);
	begin_sample(text, name);
	put_own_label(text, "processes", "traced");
	end(text, traced);
	begin_sample(text, name);
	put_own_label(text, "processes", "others");
	end(text, others);
}

static void put_cost(const struct text *text, const struct output_counts *counts,
		     const struct prometheus_state *state)
{
	const struct output_cost *traced = &counts->traced, *others = &counts->others;

	put_of_both(text, "probe_hits_total", "How often probes were hit.", end_with_number,
		    traced->num_hits, others->num_hits);
	put_of_both(text, "probe_cpu_seconds_total", "CPU time that probes took, about.",
		    end_with_seconds, state->cost_ns, state->others_cost_ns);
	put_of_both(text, "cpu_seconds_total",
		    "CPU time of the processes that run the binary, probes included.",
		    end_with_seconds, traced->cpu_ns, others->cpu_ns);
	put_number(text, "traced_processes", "gauge", "Processes that are traced.",
		   counts->num_processes);
	put_number(text, "functions_off", "gauge",
		   "Functions that are not traced, as they are called too often.", counts->num_off);
}

/* What becomes of trees, or spans: each is counted once. */
static void put_fates(const struct text *text, const char *name, const char *help,
		      const uint64_t by[FATE_COUNT], uint64_t rejected)
{
	static const char *const names[FATE_WAITING] = {
		[FATE_SENT] = "sent",
		[FATE_STAYED] = "stayed_behind",
		[FATE_NO_ROOM] = "no_room",
		[FATE_REFUSED] = "refused",
	};

	put_head(text, name, "counter", help);
	for (int fate = 0; fate < FATE_WAITING; fate++) {
		uint64_t moved = fate == FATE_SENT      ? -rejected
				 : fate == FATE_REFUSED ? rejected
							: 0;

		begin_sample(text, name);
		put_own_label(text, "outcome", names[fate]);
		end_with_number(text, by[fate] + moved);
	}
}

static void put_sent(const struct text *text, const struct output_sent *sent)
{
	uint64_t trees[FATE_COUNT], spans[FATE_COUNT];

	for (int fate = 0; fate < FATE_COUNT; fate++) {
		trees[fate] = sent->by[fate].trees;
		spans[fate] = sent->by[fate].spans;
	}
	put_fates(text, "otlp_trees_total",
		  "Trees that were to go to the collector, by what became of them.", trees, 0);
	put_fates(text, "otlp_spans_total",
		  "Spans that were to go to the collector, by what became of them.", spans,
		  sent->rejected);
	put_number(text, "otlp_waiting_spans", "gauge",
		   "Spans that the collector has not taken yet.", spans[FATE_WAITING]);
}

/* Names of files, and what files have, may be no UTF-8, which spoils it all. The caller frees it. */
static char *escape(const char *text)
{
	return text ? text_escape(text, strlen(text)) : NULL;
}

static void put_about(const struct text *text, bool is_tracing)
{
	const struct output_options *options = &text->out->options;
	_cleanup_free_ char *build_id = escape(options->about.build_id);

	put_head(text, "tracer_info", "gauge", "What is traced, and by which version.");
	begin_sample(text, "tracer_info");
	put_own_label(text, "build_id", build_id ?: "");
	put_own_label(text, "version", VERSION);
	end_with_number(text, 1);
	put_number(text, "tracing", "gauge", "1: it goes on; 0: it has ended.", is_tracing);
	put_seconds(text, "tracing_start_time_seconds", "gauge",
		    "When tracing began, as seconds since 1970.",
		    event_clock_realtime_ns(options->clock, options->about.start_ns));
}

void prometheus_write(FILE *to, struct output *out, const struct prometheus_calls *calls,
		      const struct prometheus_state *state)
{
	const struct output_counts *counts = out->options.counts;
	_cleanup_free_ char *binary = escape(out->options.about.binary);
	struct text text = {to, out, calls, binary ?: "unknown"};

	put_about(&text, state->is_tracing);
	put_calls(&text);
	if (!counts)
		return;
	put_left_out(&text, counts);
	put_number(&text, "records_total", "counter", "Records that came from the kernel.",
		   counts->statistics[STAT_SENT]);
	put_number(&text, "records_lost_total", "counter",
		   "Records that were lost, as the ring buffer was full: calls are missing.",
		   counts->statistics[STAT_LOST]);
	if (counts->knows_cost)
		put_cost(&text, counts, state);
	if (counts->knows_sent)
		put_sent(&text, &counts->sent);
}
