/* SPDX-License-Identifier: MIT */
#include "source/processors.h"

#include <errno.h>
#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "gofuncgraph/maps.h"
#include "source/privileges.h"

struct processors {
	const struct graph_bpf *bpf; /* not owned */
	struct hunt_options options;
	struct bpf_link *switches, *wakeups;
	struct bpf_link **clocks; /* one for each processor; NULL: it has none */
	int num_processors;
};

/* ---- attaching ---- */

/* The processor's clock, whether or not it can count what it executes. Negative: it has none. */
static int open_clock(int processor, uint32_t frequency_hz)
{
	struct perf_event_attr attr = {
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.size = sizeof(attr),
		.freq = 1,
		.sample_freq = frequency_hz,
		.exclude_idle = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, processor, -1, PERF_FLAG_FD_CLOEXEC);
}

static struct error *attach_clocks(struct processors *processors)
{
	int num_attached = 0, errnum = ENODEV;

	processors->num_processors = libbpf_num_possible_cpus();
	processors->clocks =
		calloc((size_t)processors->num_processors + 1, sizeof(*processors->clocks));
	if (!processors->clocks)
		return error_out_of_memory();
	for (int i = 0; i < processors->num_processors; i++) {
		int clock = open_clock(i, processors->options.frequency_hz);

		if (clock >= 0)
			processors->clocks[i] = bpf_program__attach_perf_event(
				processors->bpf->progs.sample, clock);
		if (processors->clocks[i]) {
			num_attached++;
			continue;
		}
		if (errno != ENODEV) /* it is not running */
			errnum = errno;
		if (clock >= 0)
			close(clock);
		if (errnum != ENODEV)
			break;
	}
	if (num_attached && errnum == ENODEV)
		return NULL;
	if (errnum == EINVAL)
		return error_new(
			"cannot take samples at %u Hz: the kernel's limit is in /proc/sys/kernel/perf_event_max_sample_rate",
			processors->options.frequency_hz);
	return privileges_error(errnum, "attach to the clocks of processors");
}

/* NULL: out of memory; errno is that of attaching to switches. */
static struct processors *make(const struct graph_bpf *bpf)
{
	struct processors *processors = calloc(1, sizeof(*processors));

	if (!processors)
		return NULL;
	processors->bpf = bpf;
	processors->switches = bpf_program__attach(bpf->progs.sched_switch);
	return processors;
}

struct error *processors_attach(const struct graph_bpf *bpf, const struct hunt_options *options,
				struct processors **out)
{
	struct processors *processors = *out = make(bpf);

	if (!processors)
		return error_out_of_memory();
	processors->options = *options;
	if (processors->switches)
		processors->wakeups = bpf_program__attach(bpf->progs.sched_wakeup);
	if (!processors->wakeups)
		return privileges_error(errno, "attach to the tracepoint of the scheduler");
	return options->frequency_hz ? attach_clocks(processors) : NULL;
}

struct error *processors_attach_switches(const struct graph_bpf *bpf, struct processors **out)
{
	struct processors *processors = *out = make(bpf);

	if (!processors)
		return error_out_of_memory();
	if (!processors->switches)
		log_verbose("%s", PROCESSORS_NO_SWITCHES);
	return NULL;
}

void processors_detach(struct processors *processors)
{
	if (!processors)
		return;
	for (int i = 0; processors->clocks && i < processors->num_processors; i++)
		bpf_link__destroy(processors->clocks[i]);
	free(processors->clocks);
	processors->clocks = NULL;
	bpf_link__destroy(processors->wakeups);
	bpf_link__destroy(processors->switches);
	processors->switches = processors->wakeups = NULL;
}

void processors_free(struct processors *processors)
{
	processors_detach(processors);
	free(processors);
}

/* ---- what has not ended ---- */

struct teller {
	const struct processors *processors;
	uint64_t time_ns;
	void (*tell)(void *context, const struct record *record);
	void *context;
};

static void tell_thread(const struct teller *teller, const struct thread *thread)
{
	const struct gate_key key = {.g = thread->g, .pid = thread->pid};
	struct record_offcpu record = {
		.header = {.kind = RECORD_OFFCPU,
			   .flags = RECORD_IS_OPEN | (thread->in_syscall ? RECORD_IN_SYSCALL : 0),
			   .size = sizeof(record),
			   .time_ns = teller->time_ns,
			   .pid = thread->pid,
			   .tid = thread->tid},
		.start_ns = thread->off_ns ?: thread->woken_ns,
		.stack = thread->stack,
		.top = thread->top,
		.by = thread->is_throttled ? OFFCPU_BY_QUOTA : OFFCPU_BY_UNKNOWN,
		.slept = thread->slept,
		.left_at = thread->left_at,
		.in_handler = thread->in_handler,
	};
	struct gate gate;

	if (!record.start_ns || record.start_ns > teller->time_ns ||
	    bpf_map_lookup_elem(bpf_map__fd(teller->processors->bpf->maps.gates), &key, &gate) ||
	    gate.state != GATE_OPEN)
		return;
	record.frame = gate.frame >> 32 ? 0 : (uint32_t)gate.frame;
	record.header.goid = gate.goid;
	teller->tell(teller->context, &record.header);
}

#define BATCH 1024

static void walk_threads(const struct teller *teller)
{
	struct {
		uint32_t tids[BATCH];
		struct thread threads[BATCH];
	} *batch = malloc(sizeof(*batch));
	uint32_t at, *from = NULL, count;
	int failed = 0;

	while (batch && !failed) {
		count = BATCH;
		failed = bpf_map_lookup_batch(bpf_map__fd(teller->processors->bpf->maps.threads),
					      from, &at, batch->tids, batch->threads, &count, NULL);
		if (failed && failed != -ENOENT)
			break;
		for (uint32_t i = 0; i < count; i++)
			tell_thread(teller, &batch->threads[i]);
		from = &at;
	}
	free(batch);
}

void processors_tell_open(struct processors *processors, uint64_t time_ns,
			  void (*tell)(void *context, const struct record *record), void *context)
{
	const struct teller teller = {processors, time_ns, tell, context};

	if (processors && processors->options.is_wanted)
		walk_threads(&teller);
}
