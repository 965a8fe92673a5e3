/* SPDX-License-Identifier: MIT */
#include "command/hunt_view.h"

#include "gofuncgraph/stacks.h"
#include "goroutines/awaited.h"
#include "names/waited_on_text.h"

static uint32_t func_of_site(void *context, uint32_t site)
{
	const struct hunt_view *view = context;

	return names_func_of_site(view->names, site);
}

static void on_overdue(void *context, const struct hunt_open *call)
{
	const struct hunt_view *view = context;

	view->overdue(view->context, call);
}

static const char *why_no_stack(uint8_t why)
{
	static const char *const texts[] = {
		[STUCK_NO_MEMORY] = "the memory of its process cannot be read",
		[STUCK_GONE] = "its goroutine is not there any more",
		[STUCK_WENT_ON] = "it went on while its stack was read",
		[STUCK_RUNS] = "it runs: its stack moves",
	};

	return why < sizeof(texts) / sizeof(texts[0]) && texts[why] ? texts[why]
								    : "its stack cannot be read";
}

static const char *state_of(struct names *names, uint8_t state, uint8_t reason)
{
	return (state == STATE_WAITING ? names_wait_reason(names, reason) : NULL)
		       ?: names_state(names, state);
}

/* Of one call, and what they point to. */
struct told_leads {
	struct hunt_lead items[LEADS_MAX];
	size_t count;
	struct hunt_object on[LEADS_MAX];
	char texts[LEADS_MAX][WAITED_ON_TEXT_SIZE];
};

static void add_lead(const struct hunt_view *view, const struct stuck_lead *lead,
		     struct told_leads *told)
{
	const struct known_stack *stack = hunt_stack(view->hunt, lead->stack);
	size_t at = told->count++;
	struct hunt_object *on = &told->on[at];

	on->text = told->texts[at];
	told->items[at] = (struct hunt_lead){
		.goid = lead->goid,
		.by = lead->by,
		.of_wait_group = lead->of_wait_group,
		.object = lead->object,
		.state = state_of(view->names, lead->state, lead->reason),
		.on = waited_on_text(&lead->on, &on->kind, told->texts[at]) ? on : NULL,
		.stack = stack ? stack->addresses : NULL,
		.num_addresses = stack ? stack->count : 0,
	};
}

static void add_leads(const struct hunt_view *view, const struct record_stuck *look,
		      struct told_leads *told)
{
	const struct stuck_lead *leads;
	size_t count = record_stuck_leads(look, &leads);

	for (size_t i = 0; i < count; i++)
		/* A newer version may know of further ways. */
		if (leads[i].by <= LEAD_STARTED)
			add_lead(view, &leads[i], told);
}

static void on_stuck(void *context, const struct hunt_open *call, const struct record_stuck *look,
		     const struct known_stack *stack)
{
	const struct hunt_view *view = context;
	struct told_leads leads = {.count = 0};
	struct hunt_object object;
	struct hunt_stuck stuck = {
		.target = *names_site(view->names, call->site),
		.ns = call->now_ns - call->start_ns,
		.goid = call->goid,
		.pid = call->pid,
		.state = look->is_found ? state_of(view->names, look->state, look->reason) : NULL,
	};

	/* Of a recording: it was looked at sooner. */
	if (stuck.ns < view->args->stuck_ns)
		return;
	if (stack) {
		stuck.stack = stack->addresses;
		stuck.num_addresses = stack->count;
	} else {
		stuck.why_not = why_no_stack(look->why_no_stack);
	}
	if (hunt_stuck_on(view->hunt, look, &object))
		stuck.on = &object;
	stuck.waits_for_others = stuck.state && awaited_is_another(stuck.state);
	add_leads(view, look, &leads);
	stuck.leads = leads.items;
	stuck.num_leads = leads.count;
	output_stuck(view->output, &stuck);
}

static uint64_t period_ns(const struct hunt_options *options)
{
	return options->frequency_hz ? UINT64_C(1000000000) / options->frequency_hz : 0;
}

struct error *hunt_view_open(struct hunt_view *view, const struct output_options *options,
			     const struct unwind_code *code)
{
	const struct hunt_args *args = view->args;
	const struct hunt_settings settings = {
		.sample_ns = period_ns(&options->run.hunt),
		.stuck_ns = args->stuck_ns,
		.max_calls = args->limit ? args->limit - view->num_before : 0,
		.num_slowest = args->call ?: format_num_slowest(args->format),
		.code = code,
	};
	const struct hunt_sink sink = {.context = view,
				       .func_of_site = func_of_site,
				       .overdue = view->overdue ? on_overdue : NULL,
				       .stuck = on_stuck};
	struct error *err = output_new(args->format, options, &view->output);

	view->names = options->names;
	return err ?: hunt_new(&settings, &sink, &view->hunt);
}

void hunt_view_close(struct hunt_view *view)
{
	view->num_before = hunt_view_num_calls(view);
	hunt_free(take_pointer(view->hunt));
	output_free(take_pointer(view->output));
}

/* As many as --limit wants were of the binary before. */
static bool wants_none(const struct hunt_view *view)
{
	return view->args->limit && view->num_before >= view->args->limit;
}

struct error *hunt_view_feed(struct hunt_view *view, const struct record *record)
{
	if (wants_none(view) && record->kind != RECORD_STOPPED)
		return NULL;
	return hunt_feed(view->hunt, record);
}

static void print_report(void *context, const struct hunt_report *report)
{
	struct hunt_view *view = context;

	view->num_reports++;
	output_hunt(view->output, report);
	if (view->reported)
		view->reported(view->context, report);
}

struct error *hunt_view_report(struct hunt_view *view, double share_of_exact)
{
	const struct hunt_args *args = view->args;
	const struct hunt_report_options options = {
		.slower_ns = args->slower_ns,
		.full_stacks = format_wants_full_stacks(args->format),
		.by_goroutine = format_wants_goroutines(args->format),
		.rank = args->call,
		.slow_in_order = !args->call && format_num_slowest(args->format),
		.share_of_exact = share_of_exact,
	};
	const struct hunt_visitor visitor = {.report = print_report, .context = view};

	return hunt_report(view->hunt, view->names, &options, &visitor);
}

void hunt_view_end(struct hunt_view *view, struct output_totals *totals)
{
	totals->hunt = hunt_totals(view->hunt);
	output_end(view->output, totals);
}

uint64_t hunt_view_num_calls(const struct hunt_view *view)
{
	return view->num_before + (view->hunt ? hunt_num_calls(view->hunt) : 0);
}

bool hunt_view_is_full(const struct hunt_view *view)
{
	return view->args->limit && hunt_view_num_calls(view) >= view->args->limit;
}
