/* SPDX-License-Identifier: MIT */
/*
 * records - prints what the BPF programs tell for hunt, as it comes: one JSON object a line.
 *
 *   records [-f HZ] [-l LONG_WAIT_NS] [-o OUTSIDE_MIN_WAIT_NS] [-p PID] BINARY TARGET...
 *
 * Says "attached" on standard error, and stops at the end of standard input; each line that comes there
 * before asks what goes on right now. Stacks are functions, the innermost first; those of samples are
 * put right as include/gofuncgraph/record.h says, with "fixed" if that changed something.
 */
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/log.h"
#include "gofuncgraph/gobin.h"
#include "gofuncgraph/live.h"
#include "gofuncgraph/modules.h"
#include "gofuncgraph/plan.h"
#include "gofuncgraph/stacks.h"
#include "hunt/objects.h"

struct printer {
	struct gobin *bin;
	struct modules *modules;
	const struct plan *plan;
	struct stacks stacks;
	struct objects objects;
	struct record_sample sample; /* the last one */
};

static const char *const kinds[] = {
	[RECORD_ENTRY] = "entry",
	[RECORD_RETURN] = "return",
	[RECORD_TAIL_CALL] = "tail_call",
	[RECORD_UNWIND] = "unwind",
	[RECORD_GOEXIT] = "goexit",
	[RECORD_LEFT] = "left",
	[RECORD_GO] = "go",
	[RECORD_LOST] = "lost",
	[RECORD_LOST_END] = "lost_end",
	[RECORD_STOPPED] = "stopped",
	[RECORD_PROCESS_EXIT] = "process_exit",
	[RECORD_STATISTICS] = "statistics",
	[RECORD_STATE] = "state",
	[RECORD_WAIT] = "wait",
	[RECORD_SHORT_WAITS] = "short_waits",
	[RECORD_OFFCPU] = "offcpu",
	[RECORD_SAMPLE] = "sample",
	[RECORD_STACK_COPY] = "copy",
};
static const char *const ends[] = {"broken", "bottom", "target", "deep"};

static const char *name_of(const struct printer *printer, uint64_t va)
{
	const struct gobin_func *func;

	if (va & FOREIGN_ADDRESS)
		return modules_place(printer->modules, va).name ?: "?";
	func = gobin_func_at(printer->bin, va);
	return func ? func->name : "?";
}

static void print_number(const char *name, uint64_t value)
{
	printf(",\"%s\":%" PRIu64, name, value);
}

static void print_stack(const struct printer *printer, const char *name, uint64_t id)
{
	const struct known_stack *stack = stacks_find(&printer->stacks, id);

	if (!stack)
		return;
	printf(",\"%s\":[", name);
	for (size_t i = 0; i < stack->count; i++)
		printf("%s\"%s\"", i ? "," : "", name_of(printer, stack->addresses[i] - 1));
	printf("],\"%s_end\":\"%s\"", name, ends[stack->end]);
}

/* What a record tells of code that was interrupted anywhere. */
struct interrupted {
	uint64_t stack;
	struct stack_top top;
	uint32_t frame;
	uint32_t at; /* of the stack's addresses, which one they belong to */
};

/* The caller that the frame pointers miss, or 0. */
static uint64_t missing_caller(const struct printer *printer, uint64_t va,
			       const struct interrupted *at)
{
	bool has_link = gobin_arch(printer->bin) == &arch_arm64, is_hidden;
	int32_t delta;

	/* It returns to the target's caller: it is the target. */
	if (!at->top.sp || va & FOREIGN_ADDRESS || !gobin_stack_delta(printer->bin, va, &delta) ||
	    at->top.sp - (uint32_t)delta == at->frame)
		return 0;
	if (has_link)
		is_hidden = !delta || at->top.first_frame != at->top.sp + 8;
	else
		is_hidden = (delta == 0 || delta == 8) &&
			    at->top.first_frame != at->top.sp - (uint32_t)delta + 8;
	return is_hidden ? at->top.words[has_link ? delta != 0 : delta == 8] : 0;
}

static void print_interrupted(const struct printer *printer, const struct interrupted *at)
{
	const struct known_stack *stack = stacks_find(&printer->stacks, at->stack);
	uint64_t missing = stack && stack->count > at->at
				   ? missing_caller(printer, stack->addresses[at->at], at)
				   : 0;

	print_number("sp", at->top.sp);
	print_number("first_frame", at->top.first_frame);
	print_number("frame", at->frame);
	if (!stack)
		return;
	printf(",\"stack\":[");
	for (size_t i = 0; i < stack->count; i++) {
		printf("%s\"%s\"", i ? "," : "", name_of(printer, stack->addresses[i] - (i > 0)));
		if (i == at->at && missing)
			printf(",\"%s\"", name_of(printer, missing - 1));
	}
	printf("],\"stack_end\":\"%s\",\"fixed\":%d", ends[stack->end], missing != 0);
}

static void print_wait(struct printer *printer, const struct record_wait *wait)
{
	const struct interrupted at = {wait->stack, wait->top, 0, wait->left_at};
	const struct waited_on *on = record_waited_on(&wait->header);
	uint32_t object = on ? objects_number(&printer->objects, on) : 0;

	print_number("start", wait->start_ns);
	print_number("ready", wait->ready_ns);
	print_number("state", wait->state);
	printf(",\"reason\":\"%s\",\"syscall\":%d",
	       gobin_wait_reason(printer->bin, wait->reason) ?: "", wait->syscall);
	print_number("asleep", wait->asleep_ns);
	print_interrupted(printer, &at);
	if (wait->by_goid)
		print_number("by_goid", wait->by_goid);
	print_stack(printer, "by_stack", wait->by_stack);
	if (object)
		printf(",\"on\":\"%s\"", objects_find(&printer->objects, object).text);
}

static void print_offcpu(const struct printer *printer, const struct record_offcpu *off)
{
	const struct interrupted at = {off->stack, off->top, off->frame, off->left_at};

	print_number("start", off->start_ns);
	print_number("by", off->by);
	print_number("slept", off->slept);
	print_number("in_handler", off->in_handler);
	print_number("in_syscall", !!(off->header.flags & RECORD_IN_SYSCALL));
	printf(",\"by_comm\":\"%.16s\"", off->by_comm);
	print_interrupted(printer, &at);
}

static void print_sample(const struct printer *printer, const struct record_sample *sample)
{
	static const char *const places[] = {"go", "system", "signal", "tracer"};
	const struct interrupted at = {sample->stack, sample->top, sample->frame, sample->left_at};

	print_number("state", sample->state);
	print_number("in_kernel", sample->in_kernel);
	printf(",\"place\":\"%s\",\"syscall\":%d,\"ip\":\"%s\"", places[sample->place],
	       sample->syscall, name_of(printer, sample->ip_va));
	print_interrupted(printer, &at);
}

static uint64_t word_of(const struct record_stack_copy *copy, uint64_t at)
{
	uint64_t word;

	if (at + sizeof(word) > copy->size)
		return 0;
	memcpy(&word, copy->bytes + at, sizeof(word));
	return word - copy->bias;
}

/* The functions whose frames are in it, by the tables of stack sizes. */
static void print_copy(const struct printer *printer, const struct record_stack_copy *copy)
{
	const struct record_sample *sample = &printer->sample;
	bool has_link = gobin_arch(printer->bin) == &arch_arm64;
	uint64_t va = copy->ip_va, sp = 0;
	const char *end = "broken";
	int32_t delta;

	print_number("sp", copy->sp);
	print_number("size", copy->size);
	print_number("is_off_cpu", copy->is_off_cpu);
	printf(",\"stack\":[");
	for (int i = 0; va && gobin_stack_delta(printer->bin, va, &delta); i++) {
		printf("%s\"%s\"", i ? "," : "", name_of(printer, va - (i > 0)));
		if (copy->sp - (sp + (uint32_t)delta) == copy->frame) {
			end = "target";
			break;
		}
		if (has_link && !delta)
			va = i || copy->is_off_cpu ? 0 : sample->top.words[0];
		else
			va = word_of(copy, has_link ? sp : sp + (uint32_t)delta);
		sp += (uint32_t)delta + (has_link ? 0 : 8);
	}
	printf("],\"stack_end\":\"%s\"", end);
}

static void print_record(void *context, const struct record *record)
{
	struct printer *printer = context;
	const struct record_frame *at = (const struct record_frame *)record;

	error_free(stacks_feed(&printer->stacks, record));
	if (record->kind >= sizeof(kinds) / sizeof(*kinds) || !kinds[record->kind])
		return;
	printf("{\"kind\":\"%s\"", kinds[record->kind]);
	print_number("time", record->time_ns);
	print_number("goid", record->goid);
	print_number("pid", record->pid);
	print_number("tid", record->tid);
	print_number("lost", record->lost);
	print_number("open", (record->flags & RECORD_IS_OPEN) != 0);
	switch (record->kind) {
	case RECORD_ENTRY:
		print_number("opens", (record->flags & RECORD_OPENS_TREE) != 0);
		printf(",\"function\":\"%s\"", name_of(printer, printer->plan->sites[at->site].va));
		break;
	case RECORD_WAIT:
		print_wait(printer, (const struct record_wait *)record);
		break;
	case RECORD_SHORT_WAITS: {
		const struct record_short_waits *waits = (const void *)record;

		print_number("count", waits->count);
		print_number("waiting", waits->waiting_ns);
		print_number("syscalls", waits->syscall_ns);
		print_number("runnable", waits->runnable_ns);
		break;
	}
	case RECORD_OFFCPU:
		print_offcpu(printer, (const struct record_offcpu *)record);
		break;
	case RECORD_SAMPLE:
		printer->sample = *(const struct record_sample *)record;
		print_sample(printer, (const struct record_sample *)record);
		break;
	case RECORD_STACK_COPY:
		print_copy(printer, (const struct record_stack_copy *)record);
		break;
	case RECORD_STATISTICS:
		print_number("lost_records",
			     ((const struct record_statistics *)record)->counts[STAT_LOST]);
		break;
	default:
		if (record->kind <= RECORD_LEFT)
			print_number("closes", (record->flags & RECORD_CLOSES_TREE) != 0);
	}
	printf("}\n");
	fflush(stdout);
}

/* Until the end of standard input. */
static struct error *follow(struct source *source)
{
	struct pollfd input = {.fd = STDIN_FILENO, .events = POLLIN};
	struct error *err = NULL;
	char bytes[256];

	while (!err) {
		if (poll(&input, 1, 0) > 0) {
			if (read(STDIN_FILENO, bytes, sizeof(bytes)) <= 0)
				return NULL;
			err = source_poll(source, 0);
			live_tell_open(source);
			continue;
		}
		err = source_poll(source, 20);
	}
	return err;
}

static struct error *trace(struct printer *printer, struct live_options *options,
			   const struct event_clock *clock)
{
	struct source *source;
	struct error *err = live_start(options, &source), *late;

	if (err)
		return err;
	fprintf(stderr, "attached\n");
	err = follow(source);
	source_look_away(source, event_clock_now_ns(clock));
	late = source_detach(source);
	source_stop(source);
	source_free(source);
	if (!err)
		return late;
	error_free(late);
	return err;
}

int main(int argc, char **argv)
{
	_cleanup_error_ struct error *err = NULL;
	struct selection selection = {0};
	struct printer printer = {0};
	struct plan plan = {0};
	struct event_clock clock;
	struct live_options options = {
		.plan = &plan,
		.run = {.hunt = {.is_wanted = true,
				 .frequency_hz = HUNT_FREQUENCY_HZ,
				 .long_wait_ns = HUNT_LONG_WAIT_NS,
				 .outside_min_wait_ns = HUNT_OUTSIDE_MIN_WAIT_NS},
			.emulate_ret = true,
			.ring_size = 8 << 20},
		.clock = &clock,
		.sink = {.handle = print_record, .context = &printer},
	};
	int option;

	while ((option = getopt(argc, argv, "f:l:o:p:v")) != -1) {
		if (option == 'f')
			options.run.hunt.frequency_hz = (uint32_t)strtoul(optarg, NULL, 0);
		else if (option == 'l')
			options.run.hunt.long_wait_ns = strtoull(optarg, NULL, 0);
		else if (option == 'o')
			options.run.hunt.outside_min_wait_ns = strtoull(optarg, NULL, 0);
		else if (option == 'p')
			options.only_pid = (uint32_t)strtoul(optarg, NULL, 0);
		else if (option == 'v')
			log_set_verbose(true);
		else
			return 2;
	}
	if (argc - optind < 2)
		return 2;
	selection.targets = argv + optind + 1;
	selection.num_targets = argc - optind - 1;
	event_clock_start(&clock);
	err = gobin_open(argv[optind], &printer.bin);
	if (!err)
		err = modules_new(&printer.modules);
	if (!err)
		err = plan_make(printer.bin, &selection, &options.run, &plan);
	options.modules = printer.modules;
	printer.plan = &plan;
	if (!err)
		err = trace(&printer, &options, &clock);
	if (err)
		log_error("%s", error_message(err));
	plan_destroy(&plan);
	stacks_clear(&printer.stacks);
	objects_clear(&printer.objects);
	modules_free(printer.modules);
	gobin_close(printer.bin);
	return err ? 1 : 0;
}
