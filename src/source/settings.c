/* SPDX-License-Identifier: MIT */
/* settings.c - what the BPF programs have to know of the program and the run. */
#include "source/settings.h"

#include <fnmatch.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "gofuncgraph/maps.h"
#include "values/id_labels.h"

/* In a PID namespace of our own, processes are told by its numbers. */
static void set_namespace(struct graph_bpf__rodata *rodata)
{
	const ino_t initial = 0xeffffffc; /* PROC_PID_INIT_INO, include/linux/proc_ns.h */
	struct stat namespace;

	if (stat("/proc/self/ns/pid", &namespace) || namespace.st_ino == initial)
		return;
	rodata->pidns_ino = (uint32_t)namespace.st_ino;
}

/* A goroutine that is made runnable elsewhere was not woken by another one (src/runtime/proc.go).
 */
static void set_ready(struct graph_bpf__rodata *rodata, struct gobin *bin)
{
	const struct gobin_func *ready = gobin_func_named(bin, "runtime.ready");

	if (!ready)
		return;
	rodata->ready_va = ready->va;
	rodata->ready_size = ready->size;
}

/* Threads sleep there until there is work for them (src/runtime/os_linux.go, futexsleep()). */
static void set_futex(struct graph_bpf__rodata *rodata, struct gobin *bin)
{
	const struct gobin_func *futex = gobin_func_named(bin, "runtime.futex");

	if (!futex)
		return;
	rodata->futex_va = futex->va;
	rodata->futex_size = futex->size;
}

/* Goroutines that were preempted anywhere park there (src/runtime/preempt.go). */
static void set_preempt(struct graph_bpf__rodata *rodata, struct gobin *bin)
{
	const struct gobin_func *preempt = gobin_func_named(bin, "runtime.asyncPreempt2");

	if (!preempt)
		return;
	rodata->preempt_va = preempt->va;
	rodata->preempt_size = preempt->size;
}

/*
 * What is started by `go` statements of src/runtime, or by the wrappers that these need. Not
 * runtime.corostart, which is iter.Pull's: src/runtime/traceback.go, isSystemGoroutine().
 */
static bool is_system_start(const char *name)
{
	static const char *const patterns[] = {
		"runtime.gcBgMarkWorker", "runtime.gcBgMarkStartWorkers.*",
		"runtime.bgsweep",        "runtime.bgscavenge",
		"runtime.gcenable.*",     "runtime.forcegchelper",
		"runtime.runfinq",        "runtime.runFinalizers",
		"runtime.runCleanups",    "runtime.updateMaxProcsGoroutine",
		"runtime.ensureSigM.*",   "runtime.unique_runtime_registerUniqueMapCleanup.*",
	};

	if (strncmp(name, "runtime.", 8))
		return false;
	for (size_t i = 0; i < sizeof(patterns) / sizeof(*patterns); i++)
		if (!fnmatch(patterns[i], name, 0))
			return true;
	return false;
}

static void set_system_starts(struct graph_bpf__rodata *rodata, struct gobin *bin)
{
	size_t count, num_starts = 0;
	const struct gobin_func *funcs = gobin_funcs(bin, &count);

	for (size_t i = 0; i < count && num_starts < MAX_SYSTEM_STARTS; i++)
		if (is_system_start(funcs[i].name))
			rodata->system_starts[num_starts++] = funcs[i].va;
}

static bool sees_resumes(const struct plan *plan)
{
	for (size_t i = 0; i < plan->num_sites; i++)
		if (plan->sites[i].kind == SITE_RESUME)
			return true;
	return false;
}

static bool tells_no_cpu(const struct run_options *run)
{
	return (run->states || run->all_goroutines) && !run->hunt.is_wanted;
}

/* That of the kernel, which its coarse clocks go by (posix_get_coarse_res() in kernel/time/posix-timers.c). 0: unknown. */
static uint64_t jiffy_ns(void)
{
	struct timespec resolution;

	if (clock_getres(CLOCK_MONOTONIC_COARSE, &resolution) || resolution.tv_sec)
		return 0;
	return (uint64_t)resolution.tv_nsec;
}

/* All that every hit reads of g is read at once. */
static uint32_t head_size(const struct gobin_layout *layout)
{
	uint32_t last = layout->g_stack_hi > layout->g_m ? layout->g_stack_hi : layout->g_m;

	last = layout->g_goid > last ? layout->g_goid : last;
	return last + sizeof(uint64_t);
}

static void set_text(struct condition_text *to, const char *text, size_t length)
{
	size_t size = length < CONDITION_TEXT_SIZE ? length : CONDITION_TEXT_SIZE;

	*to = (struct condition_text){.is_exact = true, .length = length, .size = (uint32_t)size};
	memcpy(to->words, text, size);
	memset(to->masks, 0xff, size);
}

static void set_labels(struct graph_bpf__rodata *rodata, const struct gobin_layout *layout,
		       const struct run_options *run)
{
	rodata->g_labels = layout->g_labels;
	rodata->labels_are_maps = layout->labels_are_maps;
	rodata->num_labels = run->num_labels;
	for (uint32_t i = 0; i < run->num_labels; i++) {
		const char *label = run->labels[i];
		size_t length = strcspn(label, "=");
		const char *value = label + length + 1;

		set_text((struct condition_text *)&rodata->label_keys[i], label, length);
		if (!label[length])
			continue;
		rodata->chosen_labels |= 1u << i;
		set_text((struct condition_text *)&rodata->label_values[i], value, strlen(value));
	}
}

struct error *settings_fill(struct graph_bpf__rodata *rodata, const struct live_options *options)
{
	const struct plan *plan = options->plan;
	struct gobin_layout layout;
	struct error *err = gobin_layout(plan->bin, &layout);
	uint64_t start_va, end_va;

	if (err)
		return err;
	rodata->is_pie = gobin_is_pie(plan->bin);
	rodata->start_code_va = gobin_start_code_va(plan->bin);
	gobin_extent(plan->bin, &start_va, &end_va);
	rodata->image_start_va = start_va;
	rodata->image_size = end_va - start_va;
	rodata->g_stack_hi = layout.g_stack_hi;
	rodata->g_m = layout.g_m;
	rodata->g_goid = layout.g_goid;
	rodata->g_head_size = head_size(&layout);
	if (rodata->g_head_size > G_HEAD_MAX)
		return error_new(
			"cannot trace %s: its goroutines are larger than those of any Go this version knows (%s)",
			gobin_path(plan->bin), gobin_version(plan->bin));
	rodata->g_atomicstatus = layout.g_atomicstatus;
	rodata->g_waitreason = layout.g_waitreason;
	rodata->g_gopc = layout.g_gopc;
	rodata->g_startpc = layout.g_startpc;
	rodata->g_sched_sp = layout.g_sched_sp;
	rodata->g_sched_bp = layout.g_sched_bp;
	rodata->m_curg = layout.m_curg;
	rodata->tls_g = layout.tls_g;
	rodata->tls_g_slot_va = layout.tls_g_slot_va;
	set_labels(rodata, &layout, &options->run);
	rodata->tells_traces = options->run.trace_ids;
	rodata->tells_id_labels = plan->tells_id_labels;
	if (plan->tells_id_labels)
		id_labels_keys((struct id_label_key *)rodata->id_label_keys);
	rodata->opens_elsewhere = options->run.trace_ids || options->run.num_labels;
	memcpy((void *)&rodata->trace_types, &plan->trace_types, sizeof(plan->trace_types));
	rodata->only_pid = options->only_pid;
	rodata->chooses_cgroup = options->run.cgroup != NULL;
	if (options->run.comm)
		memcpy(rodata->chosen_comm, options->run.comm, strlen(options->run.comm));
	rodata->all_goroutines = options->run.all_goroutines;
	rodata->wants_stacks = options->run.stacks;
	rodata->min_wait_ns = options->run.min_wait_ns;
	rodata->hunts = options->run.hunt.is_wanted;
	rodata->tells_no_cpu = tells_no_cpu(&options->run);
	rodata->long_wait_ns = options->run.hunt.long_wait_ns;
	rodata->outside_min_wait_ns = options->run.hunt.outside_min_wait_ns;
	rodata->jiffy_ns = jiffy_ns();
	rodata->num_chosen_goids = options->run.num_goids;
	for (uint32_t i = 0; i < options->run.num_goids; i++)
		rodata->chosen_goids[i] = options->run.goids[i];
	rodata->sees_resumes = sees_resumes(plan);
	set_namespace(rodata);
	if (rodata->all_goroutines || rodata->min_wait_ns || rodata->hunts)
		set_ready(rodata, plan->bin);
	if (rodata->hunts) {
		set_futex(rodata, plan->bin);
		set_preempt(rodata, plan->bin);
		settings_set_waited_on(rodata, plan->bin);
	}
	if (options->run.follow || rodata->hunts)
		set_system_starts(rodata, plan->bin);
	return NULL;
}
