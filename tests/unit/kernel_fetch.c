/* SPDX-License-Identifier: MIT */
/* kernel_fetch.c - see kernel_fetch.h: in place of the kernel, and of the headers before bpf/fetched.h. */
#include "kernel_fetch.h"

#include <string.h>

#include "gofuncgraph/maps.h"
#include "gofuncgraph/record.h"
#include "values/id_labels.h"

/* What is for clang and for BPF alone; how that is compiled there says more. */
#pragma GCC diagnostic ignored "-Wunknown-pragmas"
#pragma GCC diagnostic ignored "-Wsign-compare"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Wunknown-attributes"
#endif

#undef __always_inline
#define __always_inline inline __attribute__((always_inline))
#undef __noinline
#define __noinline __attribute__((noinline, unused))

static const struct kernel_thread *thread_now;
static const struct condition *conditions;
static const struct site *site_now;

static inline bool read_user(void *to, __u64 size, __u64 from)
{
	if (thread_now->read)
		return thread_now->read(thread_now->context, to, size, from);
	memcpy(to, (const void *)(uintptr_t)from, size);
	return true;
}

static inline long bpf_probe_read_user(void *to, __u32 size, const void *from)
{
	return read_user(to, size, (uintptr_t)from) ? 0 : -1;
}

static inline long bpf_probe_read_kernel(void *to, __u32 size, const void *from)
{
	return -1;
}

static inline __u64 bpf_get_current_pid_tgid(void)
{
	return 0;
}

/* Of one entry each, whatever the key. */
#define bpf_map_lookup_elem(map, key) ((void)(key), *(map))
#define bpf_map_update_elem(map, key, value, flags)                                                \
	((void)(key), (void)(flags), set_id_labels(map, value))
#define bpf_map_delete_elem(map, key) ((void)(key), (void)(map))
#define BPF_ANY                       0

static inline int set_id_labels(struct found_id_labels **entry, const struct found_id_labels *value)
{
	static struct found_id_labels room;

	room = *value;
	*entry = &room;
	return 0;
}

#include "../../bpf/arch.h"

/* Of bpf/settings.h: labels are not looked for. */
static const volatile __u32 g_labels, g_sched_sp, num_labels;
static const volatile bool labels_are_maps;
static const volatile struct condition_text label_keys[MAX_TOLD_LABELS];
static struct id_label_key id_label_keys[ID_LABEL_KEYS];
static struct found_id_labels *id_labels, no_id_labels;
static struct trace_types trace_types;
static const volatile __u64 nothing;

/* Of bpf/who.h and bpf/gate.h. */
struct who {
	__u64 g, g_used;
};

#define site_of(index) ((void)(index), site_now)

#define BPF_GATE_H
#include "../../bpf/condition.h"
#include "../../bpf/id_labels.h"
#include "../../bpf/trace.h"

static struct pt_regs registers_of(const struct kernel_thread *thread, const struct site *site)
{
	const uint64_t *r = thread->registers;

	return (struct pt_regs){.ax = r[0],
				.cx = r[1],
				.dx = r[2],
				.bx = r[3],
				.sp = r[4],
				.bp = r[5],
				.si = r[6],
				.di = r[7],
				.r8 = r[8],
				.r9 = r[9],
				.r10 = r[10],
				.r11 = r[11],
				.r12 = r[12],
				.r13 = r[13],
				.r14 = r[14],
				.r15 = r[15],
				.ip = site->va + thread->bias};
}

/* With what lies behind the slots in a record. */
static void capture_shape(const struct fetch_list *list, const struct site *site,
			  struct captured *to, uint16_t bytes, uint32_t max_at)
{
	struct pt_regs registers = registers_of(thread_now, site);

	((struct fetch *)(to->bytes + bytes))->unknown = site->unknown_values;
	capture(&registers, list, site, to, bytes, max_at);
}

void kernel_capture(const struct fetch_list *list, const struct site *site,
		    const struct kernel_thread *thread, union kernel_room *to)
{
	static union {
		struct captured head;
		uint8_t bytes[sizeof(struct captured) + VALUES_LARGE_BYTES + sizeof(struct fetch)];
	} room;

	memset(&room, 0xee, sizeof(room));
	thread_now = thread;
	if (list->shape == VALUES_SMALL)
		capture_shape(list, site, &room.head, VALUES_SMALL_BYTES, VALUES_SMALL_MAX_AT);
	else
		capture_shape(list, site, &room.head, VALUES_LARGE_BYTES, VALUES_LARGE_MAX_AT);
	memcpy(to, &room, sizeof(*to));
}

bool kernel_trace(const struct trace_types *types, const uint64_t context[2],
		  const struct kernel_thread *thread, struct trace_ids *ids)
{
	struct captured_trace trace = {.itab = context[0], .data = context[1]};
	struct fetched fetched = {};

	trace_types = *types;
	thread_now = thread;
	if (find_trace(&fetched, &trace, thread->bias) != VALUE_WHOLE)
		return false;
	*ids = trace.ids;
	return true;
}

bool kernel_traceparent(const struct trace_headers *headers, uint64_t map,
			const struct kernel_thread *thread, struct trace_ids *ids)
{
	struct header_room room;

	trace_types.headers = *headers;
	thread_now = thread;
	memset(&room, 0xee, sizeof(room));
	return find_traceparent(&room, map, ids);
}

bool kernel_id_labels(const void *labels, size_t count, const struct kernel_thread *thread,
		      void *slots)
{
	uint64_t set[] = {(uintptr_t)labels, count, count}, pointer = (uintptr_t)set;
	struct who who = {.g = (uintptr_t)&pointer};

	id_labels_keys(id_label_keys);
	thread_now = thread;
	id_labels = NULL;
	find_id_labels(&who);
	return get_id_labels(slots);
}

enum where_answer kernel_decide(const struct condition *condition, const struct site *site,
				const struct kernel_thread *thread)
{
	struct pt_regs registers = registers_of(thread, site);

	if (!condition->num_ops)
		return WHERE_YES;
	thread_now = thread;
	conditions = condition;
	site_now = site;
	switch (why_unwanted(&registers, 0, 0)) {
	case 0:
		return WHERE_YES;
	case STAT_REJECTED:
		return WHERE_NO;
	default:
		return WHERE_UNKNOWN;
	}
}
