/* SPDX-License-Identifier: MIT */
/*
 * json.c - JSON Lines: one object a call, written when the call ends.
 *
 * Other programs depend on the names: fields may be added, none renamed. A caller whose function is
 * unknown is left out; duration_ns of a "lost" call is the time until its loss was noticed.
 *
 * With --states also
 *   "states_ns": {"running": N, "runnable": N, "syscall": N, ..., "waiting": {REASON: N, ...}}
 *	what duration_ns is the sum of, calls made by this one included. Only what occurred is
 *there, but "running" always. A reason without a name is "unknown", such a state "state 77". and
 *with --min-wait, when there are any, "waits": [{"end_ns", "duration_ns", "state", "reason",
 *"open", "woken_by"}, ...] the long waits in this call, not in calls made by it. "reason" only if
 *the state is "waiting"; "open": true if it lasted on when the call or tracing ended; "woken_by":
 *	{"goid", "function", "offset", "file", "line"}, the goroutine that ended the wait, and where
 *	it was then, as in "caller".
 *
 * With --follow, the call that a goroutine started inside a tree begins with has
 *	"started_by": {"goid", "tree"}, and its "caller" is the `go` statement. "tree" is left out
 *	if it is not known.
 */
#include <yajl/yajl_gen.h>

#include "output/format.h"
#include "output/parts.h"

static void print(void *context, const char *text, size_t len)
{
	writer_put(context, text, len);
}

static struct error *json_init(struct output *out)
{
	yajl_gen gen = yajl_gen_alloc(NULL);

	if (!gen)
		return error_out_of_memory();
	yajl_gen_config(gen, yajl_gen_print_callback, print, &out->writer);
	out->data = gen;
	return NULL;
}

static void json_destroy(struct output *out)
{
	yajl_gen_free(out->data);
}

static void put_string(yajl_gen gen, const char *text, size_t len)
{
	yajl_gen_string(gen, (const unsigned char *)text, len);
}

#define put_key(gen, key) put_string(gen, key, sizeof(key) - 1)

/* yajl_gen_integer() is signed, and slow. */
static void put_number(yajl_gen gen, uint64_t value)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + value % 10);
		value /= 10;
	} while (value);
	yajl_gen_number(gen, digits + at, sizeof(digits) - at);
}

/* The members that tell where in a function: offset, file, line. */
static void put_place(yajl_gen gen, const struct place *place)
{
	put_key(gen, "offset");
	put_number(gen, place->offset);
	if (place->file) {
		put_key(gen, "file");
		put_string(gen, place->file, place->file_len);
	}
	if (place->file && place->line) {
		put_key(gen, "line");
		put_number(gen, place->line);
	}
}

/* Of a place whose function is known. */
static void put_function_and_place(yajl_gen gen, const struct place *place)
{
	put_key(gen, "function");
	put_string(gen, place->function, place->function_len);
	put_place(gen, place);
}

/* Of a place in another file. */
static void put_module_and_place(yajl_gen gen, const struct place *place)
{
	put_key(gen, "module");
	put_string(gen, place->module, strlen(place->module));
	if (place->offset)
		put_place(gen, place);
}

static void put_caller(struct output *out, yajl_gen gen, const struct call *call)
{
	const struct place *caller = names_caller(out->names, call->caller_va);

	if (!caller->function && !caller->module)
		return;
	put_key(gen, "caller");
	yajl_gen_map_open(gen);
	if (caller->function)
		put_function_and_place(gen, caller);
	else
		put_module_and_place(gen, caller);
	yajl_gen_map_close(gen);
}

/* ---- states ---- */

static void put_text(yajl_gen gen, const char *text)
{
	put_string(gen, text, strlen(text));
}

static void put_amount(yajl_gen gen, const struct amount *amount)
{
	put_text(gen, amount->name);
	put_number(gen, amount->ns);
}

static void put_states(struct output *out, yajl_gen gen, const struct call *call)
{
	struct amount amounts[MAX_AMOUNTS];
	uint64_t run_ns;
	size_t count = parts_sum(out->names, call, "unknown", amounts, &run_ns);
	bool any_waiting = false;

	put_key(gen, "states_ns");
	yajl_gen_map_open(gen);
	put_key(gen, "running");
	put_number(gen, run_ns);
	for (size_t i = 0; i < count; i++) {
		if (amounts[i].state == STATE_WAITING)
			any_waiting = true;
		else
			put_amount(gen, &amounts[i]);
	}
	if (any_waiting) {
		put_key(gen, "waiting");
		yajl_gen_map_open(gen);
		for (size_t i = 0; i < count; i++) {
			if (amounts[i].state == STATE_WAITING)
				put_amount(gen, &amounts[i]);
		}
		yajl_gen_map_close(gen);
	}
	yajl_gen_map_close(gen);
}

static void put_waker(struct output *out, yajl_gen gen, const struct wait *wait)
{
	const struct place *place = names_waker(out->names, names_waker_va(out->names, wait->by_stack));

	put_key(gen, "woken_by");
	yajl_gen_map_open(gen);
	put_key(gen, "goid");
	put_number(gen, wait->by_goid);
	if (place->function)
		put_function_and_place(gen, place);
	yajl_gen_map_close(gen);
}

static void put_wait(struct output *out, yajl_gen gen, const struct wait *wait)
{
	yajl_gen_map_open(gen);
	put_key(gen, "end_ns");
	put_number(gen, event_clock_realtime_ns(out->options.clock, wait->end_ns));
	put_key(gen, "duration_ns");
	put_number(gen, wait->end_ns - wait->start_ns);
	put_key(gen, "state");
	put_text(gen, names_state(out->names, wait->state));
	if (wait->state == STATE_WAITING) {
		put_key(gen, "reason");
		put_text(gen, parts_name(out->names, wait->state, wait->reason, "unknown"));
	}
	if (wait->is_open) {
		put_key(gen, "open");
		yajl_gen_bool(gen, 1);
	} else if (wait->by_goid) {
		put_waker(out, gen, wait);
	}
	yajl_gen_map_close(gen);
}

static void put_waits(struct output *out, yajl_gen gen, const struct call *call)
{
	put_key(gen, "waits");
	yajl_gen_array_open(gen);
	for (uint32_t i = 0; i < call->num_waits; i++)
		put_wait(out, gen, &call->waits[i]);
	yajl_gen_array_close(gen);
}

/* ---- calls ---- */

static void put_starter(yajl_gen gen, const struct tree *tree)
{
	put_key(gen, "started_by");
	yajl_gen_map_open(gen);
	put_key(gen, "goid");
	put_number(gen, tree->parent_goid);
	if (tree->parent_tree) {
		put_key(gen, "tree");
		put_number(gen, tree->parent_tree);
	}
	yajl_gen_map_close(gen);
}

static const char *end_name(const struct call *call)
{
	switch (call->end) {
	case CALL_RETURN:
		return "return";
	case CALL_TAIL_CALL:
		return "tail_call";
	case CALL_PANIC:
		return "panic";
	case CALL_GOEXIT:
		return "goexit";
	case CALL_PROCESS_EXIT:
		return "process_exit";
	case CALL_RUNNING:
		return "running";
	case CALL_LEFT:
		return "left";
	default:
		return "lost";
	}
}

static void put_end(struct output *out, yajl_gen gen, const struct call *call)
{
	const char *end = end_name(call);

	if (call->end == CALL_RETURN || call->end == CALL_TAIL_CALL) {
		const struct place *place = names_site(out->names, call->exit_site);
		put_key(gen, "return");
		yajl_gen_map_open(gen);
		put_place(gen, place);
		yajl_gen_map_close(gen);
	}
	put_key(gen, "end");
	put_string(gen, end, strlen(end));
}

static void write_call(struct output *out, const struct tree *tree, const struct call *call)
{
	const struct place *place = output_entry(out, call);
	yajl_gen gen = out->data;

	yajl_gen_map_open(gen);
	put_key(gen, "pid");
	put_number(gen, tree->pid);
	put_key(gen, "tid");
	put_number(gen, call->tid);
	put_key(gen, "goid");
	put_number(gen, tree->goid);
	put_key(gen, "tree");
	put_number(gen, tree->number);
	put_key(gen, "depth");
	put_number(gen, call->depth);
	put_key(gen, "function");
	if (place->function)
		put_string(gen, place->function, place->function_len);
	else
		put_string(gen, place->text, place->text_len);
	put_key(gen, "start_ns");
	put_number(gen, event_clock_realtime_ns(out->options.clock, call->start_ns));
	put_key(gen, "duration_ns");
	put_number(gen, call->end_ns - call->start_ns);
	put_caller(out, gen, call);
	if (output_is_start(tree, call))
		put_starter(gen, tree);
	put_end(out, gen, call);
	if (call->incomplete) {
		put_key(gen, "incomplete");
		yajl_gen_bool(gen, 1);
	}
	if (out->options.run.states)
		put_states(out, gen, call);
	if (call->num_waits)
		put_waits(out, gen, call);
	if (call->waits_left_out) {
		put_key(gen, "waits_left_out");
		put_number(gen, call->waits_left_out);
	}
	yajl_gen_map_close(gen);
	yajl_gen_reset(gen, "\n"); /* prints it, and is ready for the next object */
}

const struct format format_json = {
	.name = "json",
	.init = json_init,
	.destroy = json_destroy,
	.write_call = write_call,
};
