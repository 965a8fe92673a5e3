/* SPDX-License-Identifier: MIT */
/* activity.c - in which functions processes are, by samples of their stacks; see activity.h. */
#include "guard/activity.h"

#include <linux/perf_event.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "base/array.h"
#include "base/log.h"
#include "process/mappings.h"

#define SAMPLES_A_SECOND     3000
#define FEW_SAMPLES_A_SECOND 500 /* where kernel.perf_event_max_sample_rate is low */
#define MAX_FRAMES           64
#define MAX_CPUS             256
/* Data pages of a processor's ring, a power of two: with the one in front no more than what
 * kernel.perf_event_mlock_kb lets everybody have, 516 KB. */
#define RING_PAGES 128

struct ring {
	int fd;
	struct perf_event_mmap_page *page; /* in front of the data */
	const uint8_t *data;
	size_t size; /* of the data, a power of two */
};

/* Code of the plan's file in a process. */
struct segment {
	uint64_t start, end, off;
};

struct seen_process {
	uint32_t pid;
	struct segment *code;
	size_t num_code; /* 0: it is not traced */
};

/* A function in the file. */
struct place {
	uint64_t off, end;
	uint32_t func;
};

struct activity {
	const struct plan *plan; /* not owned */
	struct place *places; /* by rising offset, as the plan's functions are */
	size_t num_places;
	pid_t only;
	struct ring *rings;
	size_t num_rings;
	struct seen_process *processes;
	size_t num_processes, capacity;
	uint32_t *seen; /* by function */
	size_t *last_sample; /* in which the function was counted, by its number */
	size_t num_samples;
	uint8_t record[UINT16_MAX + 1]; /* that is looked at */
};

/* ---- rings ---- */

static int open_event(int cpu, uint64_t frequency)
{
	struct perf_event_attr attr = {
		.size = sizeof(attr),
		.type = PERF_TYPE_SOFTWARE,
		.config = PERF_COUNT_SW_CPU_CLOCK,
		.freq = 1,
		.sample_freq = frequency,
		.sample_type = PERF_SAMPLE_TID | PERF_SAMPLE_CALLCHAIN,
		.sample_max_stack = MAX_FRAMES,
		.exclude_callchain_kernel = 1,
		.exclude_idle = 1,
	};

	return (int)syscall(SYS_perf_event_open, &attr, -1, cpu, -1, PERF_FLAG_FD_CLOEXEC);
}

static bool open_ring(struct ring *ring, int cpu)
{
	size_t page_size = (size_t)sysconf(_SC_PAGESIZE);

	*ring = (struct ring){.size = RING_PAGES * page_size,
			      .fd = open_event(cpu, SAMPLES_A_SECOND)};
	if (ring->fd < 0)
		ring->fd = open_event(cpu, FEW_SAMPLES_A_SECOND);
	if (ring->fd < 0)
		return false;
	ring->page =
		mmap(NULL, page_size + ring->size, PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, 0);
	if (ring->page == MAP_FAILED) {
		close(ring->fd);
		return false;
	}
	ring->data = (const uint8_t *)ring->page + page_size;
	return true;
}

static void close_ring(const struct ring *ring)
{
	munmap(ring->page, (size_t)sysconf(_SC_PAGESIZE) + ring->size);
	close(ring->fd);
}

static void copy_out(const struct ring *ring, uint64_t position, void *to, size_t size)
{
	size_t at = position & (ring->size - 1);
	size_t first = size < ring->size - at ? size : ring->size - at;

	memcpy(to, ring->data + at, first);
	memcpy((uint8_t *)to + first, ring->data, size - first);
}

/* ---- life ---- */

static void find_places(struct activity *activity)
{
	const struct plan *plan = activity->plan;

	activity->places = calloc(plan->num_funcs + 1, sizeof(*activity->places));
	for (uint32_t i = 0; i < plan->num_funcs && activity->places; i++) {
		const struct plan_func *func = &plan->funcs[i];
		const struct site *entry = &plan->sites[func->first_site];
		uint64_t off;

		if (!func->num_sites)
			continue;
		off = entry->off - (entry->va - func->func->va);
		activity->places[activity->num_places++] =
			(struct place){off, off + func->func->size, i};
	}
}

struct activity *activity_begin(const struct plan *plan, pid_t only)
{
	struct activity *activity = calloc(1, sizeof(*activity));
	int num_cpus = (int)sysconf(_SC_NPROCESSORS_CONF);

	if (!activity)
		return NULL;
	if (num_cpus > MAX_CPUS)
		num_cpus = MAX_CPUS;
	activity->plan = plan;
	activity->only = only;
	activity->rings = calloc(num_cpus > 0 ? num_cpus : 1, sizeof(*activity->rings));
	activity->seen = calloc(plan->num_funcs + 1, sizeof(*activity->seen));
	activity->last_sample = calloc(plan->num_funcs + 1, sizeof(*activity->last_sample));
	find_places(activity);
	/* One that is offline has none. */
	for (int cpu = 0; cpu < num_cpus && activity->rings; cpu++)
		activity->num_rings += open_ring(&activity->rings[activity->num_rings], cpu);
	if (activity->places && activity->seen && activity->last_sample && activity->num_rings)
		return activity;
	activity_end(activity);
	return NULL;
}

void activity_end(struct activity *activity)
{
	if (!activity)
		return;
	for (size_t i = 0; i < activity->num_rings; i++)
		close_ring(&activity->rings[i]);
	for (size_t i = 0; i < activity->num_processes; i++)
		free(activity->processes[i].code);
	free(activity->processes);
	free(activity->rings);
	free(activity->seen);
	free(activity->last_sample);
	free(activity->places);
	free(activity);
}

const uint32_t *activity_seen(const struct activity *activity)
{
	return activity->seen;
}

size_t activity_num_samples(const struct activity *activity)
{
	return activity->num_samples;
}

/* ---- processes ---- */

static void find_code(const struct activity *activity, struct seen_process *process)
{
	struct mappings mappings;
	struct error *err = mappings_read(process->pid, &mappings);
	const struct mapping *found;

	if (err) {
		error_free(err);
		return;
	}
	found = mappings_of_file(process->pid, &mappings, gobin_stat(activity->plan->bin));
	if (found)
		process->code = calloc(mappings.count, sizeof(*process->code));
	for (size_t i = 0; i < mappings.count && process->code; i++) {
		const struct mapping *mapping = &mappings.items[i];

		if (!strcmp(mapping->file, found->file))
			process->code[process->num_code++] =
				(struct segment){mapping->start, mapping->end, mapping->off};
	}
	mappings_release(&mappings);
}

/* NULL: out of memory. */
static const struct seen_process *process_of(struct activity *activity, uint32_t pid)
{
	struct seen_process *process;

	for (size_t i = 0; i < activity->num_processes; i++)
		if (activity->processes[i].pid == pid)
			return &activity->processes[i];
	if (!array_reserve(&activity->processes, &activity->capacity, activity->num_processes + 1,
			   sizeof(*activity->processes)))
		return NULL;
	process = &activity->processes[activity->num_processes++];
	*process = (struct seen_process){.pid = pid};
	if (!activity->only || (pid_t)pid == activity->only)
		find_code(activity, process);
	return process;
}

/* ---- samples ---- */

static int compare_place(const void *off, const void *place)
{
	uint64_t wanted = *(const uint64_t *)off;
	const struct place *other = place;

	return wanted < other->off ? -1 : wanted >= other->end;
}

static void count_frame(struct activity *activity, const struct seen_process *process, uint64_t ip)
{
	const struct place *place = NULL;

	for (size_t i = 0; i < process->num_code && !place; i++) {
		const struct segment *segment = &process->code[i];
		uint64_t off = ip - segment->start + segment->off;

		if (ip >= segment->start && ip < segment->end)
			place = bsearch(&off, activity->places, activity->num_places,
					sizeof(*place), compare_place);
	}
	if (!place || activity->last_sample[place->func] == activity->num_samples)
		return;
	activity->last_sample[place->func] = activity->num_samples;
	activity->seen[place->func]++;
}

/* As in struct perf_event_header of PERF_RECORD_SAMPLE: process and thread, a number of addresses,
 * and these. */
static void take_sample(struct activity *activity, const uint8_t *body, size_t size)
{
	const struct seen_process *process;
	uint64_t num_frames, ip;
	uint32_t pid;

	if (size < 16)
		return;
	memcpy(&pid, body, sizeof(pid));
	memcpy(&num_frames, body + 8, sizeof(num_frames));
	process = process_of(activity, pid);
	if (!process || !process->num_code || num_frames > size / 8 - 2)
		return;
	activity->num_samples++;
	for (uint64_t i = 0; i < num_frames; i++) {
		memcpy(&ip, body + 16 + 8 * i, sizeof(ip));
		/* An address to return to may be behind the function's end. */
		if (ip < (uint64_t)PERF_CONTEXT_MAX)
			count_frame(activity, process, ip - (i > 1));
	}
}

static void drain(struct activity *activity, const struct ring *ring)
{
	uint64_t head = __atomic_load_n(&ring->page->data_head, __ATOMIC_ACQUIRE);
	uint64_t tail = ring->page->data_tail;
	struct perf_event_header header;

	while (tail < head) {
		copy_out(ring, tail, &header, sizeof(header));
		if (header.size < sizeof(header) || header.size > head - tail)
			break;
		if (header.type == PERF_RECORD_SAMPLE) {
			copy_out(ring, tail + sizeof(header), activity->record,
				 header.size - sizeof(header));
			take_sample(activity, activity->record, header.size - sizeof(header));
		}
		tail += header.size;
	}
	__atomic_store_n(&ring->page->data_tail, head, __ATOMIC_RELEASE);
}

void activity_look(struct activity *activity)
{
	for (size_t i = 0; i < activity->num_rings; i++)
		drain(activity, &activity->rings[i]);
}
