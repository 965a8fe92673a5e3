/* SPDX-License-Identifier: MIT */
/*
 * json.c - JSON Lines: one object a call, written when the call ends.
 *
 * Other programs depend on the names: fields may be added, none renamed. A caller whose function is
 * unknown is left out; duration_ns of a "lost" call is the time until its loss was noticed.
 */
#include <yajl/yajl_gen.h>

#include "output/format.h"

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

static void put_caller(struct output *out, yajl_gen gen, const struct call *call)
{
	const struct place *caller = names_caller(out->names, call->caller_va);

	if (!caller->function)
		return;
	put_key(gen, "caller");
	yajl_gen_map_open(gen);
	put_key(gen, "function");
	put_string(gen, caller->function, caller->function_len);
	put_place(gen, caller);
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
	const struct place *place = names_site(out->names, call->entry_site);
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
	put_number(gen, output_realtime_ns(out, call->start_ns));
	put_key(gen, "duration_ns");
	put_number(gen, call->end_ns - call->start_ns);
	put_caller(out, gen, call);
	put_end(out, gen, call);
	if (call->incomplete) {
		put_key(gen, "incomplete");
		yajl_gen_bool(gen, 1);
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
