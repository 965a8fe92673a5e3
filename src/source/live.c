/* SPDX-License-Identifier: MIT */
/* live.c - the BPF programs at work: attached, their records read, and taken away; see live.h. */
#include "source/live_internal.h"

#include <errno.h>
#include <stdlib.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/capabilities.h"
#include "base/log.h"
#include "source/loader.h"
#include "source/privileges.h"
#include "source/programs.h"

/* By other methods than perf_event all are gone by then, as a rule. */
#define DETACHED_AFTER_MS 1000

/* ---- attaching ---- */

static struct error *attach_processes(struct live *live)
{
	struct bpf_program *programs[] = {live->bpf->progs.process_exit,
					  live->bpf->progs.process_exec};

	for (size_t i = 0; i < 2; i++) {
		live->process_links[i] = bpf_program__attach(programs[i]);
		if (!live->process_links[i])
			return privileges_error(errno, "attach to the tracepoints of processes");
	}
	return NULL;
}

static struct error *attach_sites(struct live *live)
{
	struct attach_options options = {
		.method = live->method,
		.has_cookies = live->bpf->rodata->use_cookies,
		.pid = live->options.spare_others ? (pid_t)live->options.only_pid : 0,
		.is_to_change = live->options.may_change || live->options.careful,
		.patience = live->options.patience,
	};
	struct error *err =
		layers_init(&live->layers, live->options.plan, live->bpf, live->options.careful);

	if (!err)
		err = programs_attach(live->bpf->obj, live->options.plan, live->layers.of_site,
				      &options, &live->attachment);
	if (err)
		return err;
	live->file_is_changed = attachment_file_is_changed(live->attachment);
	return NULL;
}

/* ---- life cycle ---- */

static struct error *live_poll(struct source *source, int timeout_ms)
{
	struct live *live = live_of(source);
	struct error *err;
	uint64_t now_ns;
	int failed;

	live_tell_of_looks(live);
	live->batch = 0;
	failed = live->looks ? live_wait_for_look(live, timeout_ms)
			     : ring_buffer__poll(live->ring, timeout_ms);
	if (failed < 0 && failed != -EAGAIN && failed != -EINTR)
		return error_errno(-failed, "cannot wait for records");
	/* Records are sent without waking the reader: look whether there are any. */
	err = live->batch ? NULL : live_consume(live);
	err = err ?: live_look(live);
	followed_cgroup_look(&live->cgroup);
	now_ns = live_now_ns(live);
	open_waits_note_long(live->open_waits, now_ns);
	gates_sweep(&live->gates, now_ns);
	if (!err)
		err = attachment_check(live->attachment);
	if (!err)
		err = live_go_on_changing(live);
	if (!err)
		err = live_follow_exec(live);
	live->file_is_changed = attachment_file_is_changed(live->attachment);
	if (live_read_count(live, STAT_LOST) != live->num_lost ||
	    now_ns >= live->next_statistics_ns)
		live_hand_on_statistics(live, now_ns);
	live_hand_on_time(live, RECORD_TICK, now_ns);
	return err;
}

static void live_look_away(struct source *source, uint64_t stop_ns)
{
	struct live *live = live_of(source);

	live->stop_ns = stop_ns;
	open_waits_note(live->open_waits, stop_ns);
	live->bpf->bss->is_tracing = false;
	open_waits_note_others(live->open_waits);
}

static void detach_processes(struct live *live)
{
	for (size_t i = 0; i < 2; i++) {
		bpf_link__destroy(live->process_links[i]);
		live->process_links[i] = NULL;
	}
}

static struct error *live_detach(struct source *source)
{
	struct live *live = live_of(source);

	live->num_sites = attachment_num_sites(live->attachment);
	processors_detach(live->processors);
	/* Who waits for the file to be free of probes is waited for. What programs were at when tracing ended they have
	 * long done. */
	if (attachment_detach_all(live->attachment, DETACHED_AFTER_MS) || live->file_is_changed)
		live_await_detached(source);
	detach_processes(live);
	return live_consume_all(live);
}

void live_await_detached(struct source *source)
{
	struct live *live = live_of(source);

	attachment_stop(live->attachment);
	live->attachment = NULL;
}

static void live_stop(struct source *source)
{
	struct live *live = live_of(source);

	/* Times without a processor are of system calls, too: before these. */
	processors_tell_open(live->processors, live->stop_ns, live_hand_on_made, live);
	open_waits_tell(live->open_waits, true, live_hand_on_made, live);
	gates_visit_losses(&live->gates, live->stop_ns, live_hand_on_made, live);
	live_hand_on_statistics(live, live->stop_ns);
	live_hand_on_time(live, RECORD_STOPPED, live->stop_ns);
}

static void live_free(struct source *source)
{
	struct live *live = live_of(source);

	attachment_stop(live->attachment);
	detach_processes(live);
	processors_free(live->processors);
	looks_free(live->looks);
	open_waits_free(live->open_waits);
	ring_buffer__free(live->ring);
	gates_destroy(&live->gates);
	hits_release(&live->hits);
	layers_destroy(&live->layers);
	resting_destroy(&live->resting);
	graph_bpf__destroy(live->bpf);
	free(live);
}

static const struct source_ops ops = {
	.poll = live_poll,
	.look_away = live_look_away,
	.detach = live_detach,
	.stop = live_stop,
	.free = live_free,
};

struct error *live_start(const struct live_options *options, struct source **out)
{
	struct live *live = calloc(1, sizeof(*live));
	struct error *err;

	if (!live)
		return error_out_of_memory();
	live->source.ops = &ops;
	live->options = *options;
	live->method =
		options->run.method == ATTACH_AUTO ? attach_best_method() : options->run.method;
	err = loader_load(options, live->method, &live->bpf);
	if (!err && options->run.cgroup)
		err = followed_cgroup_begin(&live->cgroup, options->run.cgroup,
					    bpf_map__fd(live->bpf->maps.chosen_cgroup));
	if (!err)
		err = hits_map(live->bpf, &live->hits);
	if (!err)
		err = attach_processes(live);
	if (!err) {
		live->gates.fd = bpf_map__fd(live->bpf->maps.gates);
		live->gates.count = (uint32_t *)&live->bpf->bss->num_gates;
		live->ring = ring_buffer__new(bpf_map__fd(live->bpf->maps.records),
					      live_handle_record, live, NULL);
		if (!live->ring)
			err = error_errno(errno, "cannot map the ring buffer");
	}
	if (!err && options->run.hunt.is_wanted)
		err = processors_attach(live->bpf, &options->run.hunt, &live->processors);
	if (!err && options->run.hunt.is_wanted)
		err = open_waits_new(options->plan, live->bpf, &options->run.hunt,
				     &live->open_waits);
	if (!err && live->bpf->rodata->tells_no_cpu)
		err = processors_attach_switches(live->bpf, &live->processors);
	if (!err)
		err = live_begin_waits(live);
	if (!err)
		err = attach_sites(live);
	if (err) {
		live_free(&live->source);
		return err;
	}
	/* Not before all are there: a tree whose first call was seen and whose end was not would
	 * stay open. */
	if (!options->careful && attachment_num_sites(live->attachment))
		live_note_begin(live, live_now_ns(live));
	*out = &live->source;
	return NULL;
}

/* ---- what it is like ---- */

enum attach_method live_method(const struct source *source)
{
	return live_in(source)->method;
}

size_t live_num_sites(const struct source *source)
{
	const struct live *live = live_in(source);

	return live->attachment ? attachment_num_sites(live->attachment) : live->num_sites;
}

bool live_performs_ret(const struct source *source)
{
	return bpf_program__autoload(live_in(source)->bpf->progs.exit_emulate);
}

void live_hits(const struct source *source, uint64_t *hits)
{
	hits_sum(&live_in(source)->hits, hits);
}

void live_other_hits(const struct source *source, uint64_t *hits)
{
	hits_sum_others(&live_in(source)->hits, hits);
}

struct live_program_time live_program_time(const struct source *source)
{
	const struct graph_bpf__bss *shared = live_in(source)->bpf->bss;

	return (struct live_program_time){.ns = shared->timed_ns,
					  .num_runs = shared->timed_runs,
					  .told_ns = shared->told_ns,
					  .num_told_runs = shared->told_runs,
					  .num_told = live_in(source)->num_received +
						      live_in(source)->num_lost};
}

uint64_t live_attach_cpu_ns(const struct source *source)
{
	const struct live *live = live_in(source);

	return live->attachment ? attachment_cpu_ns(live->attachment) : 0;
}

bool live_awaits_end(const struct source *source)
{
	const struct live *live = live_in(source);
	uint8_t known;

	return !bpf_map_lookup_elem(bpf_map__fd(live->bpf->maps.processes), &live->options.only_pid,
				    &known);
}

bool live_file_is_changed(const struct source *source)
{
	return live_in(source)->file_is_changed;
}

uint64_t live_needs(const struct source *source)
{
	const struct live *live = live_in(source);
	/* /proc of others; what their memory and executables are, and the files that they have
	 * mapped (fs/proc/base.c, proc_map_files_get_link()). */
	uint64_t needs = attachment_needs(live->attachment) | CAPABILITY(CAP_SYS_PTRACE) |
			 CAPABILITY(CAP_CHECKPOINT_RESTORE);

	/* To put another one into its map (kernel/bpf/syscall.c, __sys_bpf()). */
	return live->cgroup.folder ? needs | CAPABILITY(CAP_BPF) : needs;
}
