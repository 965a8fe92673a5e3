/* SPDX-License-Identifier: MIT */
/*
 * kernel_fetch.h - what the BPF programs make of a list of values, and of a condition (bpf/values.h,
 * bpf/condition.h), of headers of requests (bpf/traceparent.h), and of labels with ids (bpf/id_labels.h): the same
 * code, built for user space, with a memory and registers that the caller makes.
 */
#ifndef TESTS_KERNEL_FETCH_H
#define TESTS_KERNEL_FETCH_H

#include "gofuncgraph/site.h"
#include "gofuncgraph/values.h"
#include "values/where.h"

/* The processor is x86-64. */
#define KERNEL_REGISTERS 16

/* A thread at a site, and the memory of its process. */
struct kernel_thread {
	uint64_t registers
		[KERNEL_REGISTERS]; /* as the instruction set numbers them: 4 is the stack pointer */
	uint64_t bias; /* of the probed file */
	/* False: it cannot be read. NULL: the addresses are those of this process. */
	bool (*read)(void *context, void *to, size_t size, uint64_t from);
	void *context;
};

/* What is captured; also of the largest list. */
union kernel_room {
	struct captured head;
	uint8_t bytes[sizeof(struct captured) + VALUES_LARGE_BYTES];
};

void kernel_capture(const struct fetch_list *list, const struct site *site,
		    const struct kernel_thread *thread, union kernel_room *to);
/* WHERE_YES where there is none: those are not asked of the kernel. */
enum where_answer kernel_decide(const struct condition *condition, const struct site *site,
				const struct kernel_thread *thread);
/* What the context of these two words carries; false: nothing. */
bool kernel_trace(const struct trace_types *types, const uint64_t context[2],
		  const struct kernel_thread *thread, struct trace_ids *ids);
/* What the header that is such a map says; false: nothing. */
bool kernel_traceparent(const struct trace_headers *headers, uint64_t map,
			const struct kernel_thread *thread, struct trace_ids *ids);
/* Into their slots what so many labels say, which are keys and values, as since Go 1.24; false: there are none. */
bool kernel_id_labels(const void *labels, size_t count, const struct kernel_thread *thread,
		      void *slots);

#endif
