/* SPDX-License-Identifier: MIT */
#include "gofuncgraph/session.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/capabilities.h"
#include "base/log.h"
#include "source/features.h"
#include "source/foreign.h"
#include "source/gates.h"
#include "source/limits.h"
#include "source/privileges.h"
#include "source/programs.h"
#include "source/settings.h"

/* Records handed on in one go, so that a flood cannot keep session_poll() from returning. */
#define BATCH 65536

/* The kernel's map sizes have 32 bits (union bpf_attr), and this is a power of two. */
#define MAX_RING_SIZE (1u << 31)

struct session {
	struct session_options options;
	struct graph_bpf *bpf;
	struct bpf_link *process_links[2];
	struct ring_buffer *ring;
	struct attachment *attachment;
	struct gates gates;
	enum attach_method method;
	size_t num_sites;
	unsigned batch; /* records handed on in this go */
	bool emulates_ret;
	bool file_is_changed;
	uint32_t num_moves; /* execs that the probes have followed */
};

/* ---- loading ---- */

static int print_libbpf(enum libbpf_print_level level, const char *format, va_list args)
{
	char text[512];

	if (level == LIBBPF_WARN && log_is_verbose()) {
		vsnprintf(text, sizeof(text), format, args);
		text[strcspn(text, "\n")] = 0;
		log_verbose("%s", text);
	}
	return 0;
}

static uint64_t round_up_to_power_of_two(uint64_t size)
{
	uint64_t rounded = sysconf(_SC_PAGESIZE);

	while (rounded < size)
		rounded *= 2;
	return rounded;
}

static void set_maps(struct session *session)
{
	const struct plan *plan = session->options.plan;
	uint64_t ring_size = round_up_to_power_of_two(session->options.run.ring_size);

	session->bpf->rodata->wakeup_bytes = ring_size / 16;
	bpf_map__set_max_entries(session->bpf->maps.records, ring_size);
	if (!session->bpf->rodata->use_cookies)
		bpf_map__set_max_entries(session->bpf->maps.sites,
					 plan->num_sites * (gobin_is_pie(plan->bin) ? 2 : 1));
	else if (gobin_is_pie(plan->bin))
		bpf_map__set_max_entries(session->bpf->maps.site_vas, plan->num_sites);
}

static void set_programs(struct session *session)
{
	uint32_t type = attach_program_type(session->method);
	struct bpf_program *program;

	session->emulates_ret = session->options.run.emulate_ret && feature_write_registers(type);
	programs_choose(session->bpf->obj, session->options.plan, session->emulates_ret);
	bpf_object__for_each_program(program, session->bpf->obj) if (bpf_program__type(program) ==
								     BPF_PROG_TYPE_KPROBE)
		bpf_program__set_expected_attach_type(program, type);
	log_verbose(
		"%s",
		session->emulates_ret ? "the exit program performs the `ret` (no single-step)"
		: session->options.run.emulate_ret
			? "the kernel single-steps each `ret`: it lets no program write registers"
			: "the kernel single-steps each `ret`, as asked (--no-emulate-ret)");
}

/* NULL: the kernel's types are there, and can be read. */
static struct error *check_types(void)
{
	static const char path[] = "/sys/kernel/btf/vmlinux";
	struct btf *types;
	int failed;

	if (access(path, R_OK))
		return error_new("cannot load the BPF programs: this kernel has no BTF "
				 "(CONFIG_DEBUG_INFO_BTF), %s is not there",
				 path);
	types = btf__parse_raw(path);
	failed = (int)-libbpf_get_error(types);
	if (failed)
		return error_errno(failed,
				   "cannot load the BPF programs: the kernel's types cannot be "
				   "read from %s, it is damaged or there is no memory",
				   path);
	btf__free(types);
	return NULL;
}

static struct error *load_error(const struct session *session, int errnum)
{
	struct error *err;

	if (errnum == ENOMEM || errnum == E2BIG)
		return error_errno(
			errnum, "cannot have a ring buffer of %llu bytes; give --ring-size less",
			(unsigned long long)bpf_map__max_entries(session->bpf->maps.records));
	if (errnum == EMFILE || errnum == ENFILE)
		return error_errno(errnum, "cannot load the BPF programs; raise the limit of open "
					   "files (ulimit -n)");
	err = check_types();
	if (err)
		return err;
	if (errnum != EPERM && errnum != EACCES && !feature_ring_buffer())
		return error_new(
			"cannot load the BPF programs: this kernel has no BPF ring buffer, "
			"Linux 5.10 or newer is needed");
	/* Before Linux 5.15 its programs are not even taken, since sites have no cookies. */
	if (errnum == EINVAL && session->method == ATTACH_UPROBE_MULTI &&
	    attach_best_method() != ATTACH_UPROBE_MULTI)
		return error_new("this kernel has no uprobe_multi, Linux 6.6 or newer is needed: "
				 "leave --attach out");
	return privileges_error(errnum, "load the BPF programs");
}

static struct error *load(struct session *session)
{
	struct error *err;
	int failed;

	libbpf_set_print(print_libbpf);
	session->bpf = graph_bpf__open();
	if (!session->bpf)
		return error_errno(errno, "cannot open the BPF object");
	session->bpf->rodata->use_cookies =
		session->method == ATTACH_UPROBE_MULTI ||
		(session->method == ATTACH_PERF_EVENT && feature_attach_cookie());
	err = settings_fill(session->bpf->rodata, &session->options);
	if (err)
		return err;
	set_maps(session);
	set_programs(session);
	failed = graph_bpf__load(session->bpf);
	return failed ? load_error(session, -failed) : NULL;
}

static struct error *sites_error(void)
{
	return error_errno(errno, "cannot tell the BPF programs the sites");
}

/* Where there are no cookies. */
static struct error *fill_sites(struct session *session)
{
	const struct plan *plan = session->options.plan;
	int fd = bpf_map__fd(session->bpf->maps.sites);
	bool by_offset = gobin_is_pie(plan->bin);

	for (size_t i = 0; i < plan->num_sites; i++) {
		const struct site *site = &plan->sites[i];
		struct known_site known = {.cookie = plan_cookie(plan, i), .va = site->va};
		uint64_t flag = site->flags & SITE_STATE_MASK ? SITE_STATE_KEY : 0;
		uint64_t va_key = site->va | flag, off_key = site->off | SITE_OFFSET_KEY | flag;

		if (bpf_map_update_elem(fd, &va_key, &known, BPF_ANY) ||
		    (by_offset && bpf_map_update_elem(fd, &off_key, &known, BPF_ANY)))
			return sites_error();
	}
	return NULL;
}

/* The load bias is found by where a site was hit. */
static struct error *fill_site_vas(struct session *session)
{
	const struct plan *plan = session->options.plan;
	int fd = bpf_map__fd(session->bpf->maps.site_vas);

	for (uint32_t i = 0; i < plan->num_sites; i++) {
		if (bpf_map_update_elem(fd, &i, &plan->sites[i].va, BPF_ANY))
			return sites_error();
	}
	return NULL;
}

static struct error *tell_sites(struct session *session)
{
	if (!session->bpf->rodata->use_cookies)
		return fill_sites(session);
	return session->bpf->rodata->is_pie ? fill_site_vas(session) : NULL;
}

/* ---- attaching ---- */

static struct error *attach_processes(struct session *session)
{
	struct bpf_program *programs[] = {session->bpf->progs.process_exit,
					  session->bpf->progs.process_exec};

	for (size_t i = 0; i < 2; i++) {
		session->process_links[i] = bpf_program__attach(programs[i]);
		if (!session->process_links[i])
			return privileges_error(errno, "attach to the tracepoints of processes");
	}
	return NULL;
}

static struct error *attach_sites(struct session *session)
{
	struct attach_options options = {
		.method = session->method,
		.has_cookies = session->bpf->rodata->use_cookies,
		.pid = session->options.spare_others ? (pid_t)session->options.only_pid : 0,
	};
	struct error *err = programs_attach(session->bpf->obj, session->options.plan, &options,
					    &session->attachment);

	if (err)
		return err;
	session->num_sites = attachment_num_sites(session->attachment);
	session->file_is_changed = attachment_file_is_changed(session->attachment);
	return NULL;
}

/* ---- records ---- */

static int handle_record(void *context, void *data, size_t size)
{
	struct session *session = context;
	const struct record *record = data;
	union foreign_room room;

	if (!record_is_valid(record, size))
		return 0;
	if (gates_are_over(record))
		gates_note_end(&session->gates, (const struct record_process *)record);
	if (record->kind == RECORD_EXEC || record->kind == RECORD_PROCESS_EXIT)
		modules_forget(session->options.modules, record->pid);
	record = foreign_number(session->options.modules, record, &room);
	session->options.handle(session->options.context, record);
	return ++session->batch >= BATCH ? -EAGAIN : 0;
}

bool session_ends_trees(const struct record *record)
{
	return gates_are_over(record);
}

bool session_take_gate(struct session *session, const struct record_process *end, uint64_t goid,
		       uint32_t tid, uint32_t *lost)
{
	return gates_take(&session->gates, end, goid, tid, lost);
}

static void sweep_gates(struct session *session)
{
	struct timespec now;

	if (!session->gates.ended)
		return;
	clock_gettime(CLOCK_MONOTONIC, &now);
	gates_sweep(&session->gates, session_stats(session).stats[STAT_LOST],
		    (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec);
}

/* ---- life cycle ---- */

static struct error *check_options(const struct session_options *options)
{
	if (options->run.ring_size > MAX_RING_SIZE)
		return error_new(
			"a ring buffer of more than 2G cannot be had; give --ring-size less");
	return limits_check(round_up_to_power_of_two(options->run.ring_size));
}

struct error *session_start(const struct session_options *options, struct session **out)
{
	struct error *err = check_options(options);
	struct session *session;

	if (err)
		return err;
	session = calloc(1, sizeof(*session));
	if (!session)
		return error_out_of_memory();
	session->options = *options;
	session->method = options->run.method == ATTACH_AUTO ? attach_best_method() : options->run.method;
	err = load(session);
	if (!err)
		err = tell_sites(session);
	if (!err)
		err = attach_processes(session);
	if (!err) {
		session->gates.fd = bpf_map__fd(session->bpf->maps.gates);
		session->ring = ring_buffer__new(bpf_map__fd(session->bpf->maps.records),
						 handle_record, session, NULL);
		if (!session->ring)
			err = error_errno(errno, "cannot map the ring buffer");
	}
	if (!err)
		err = attach_sites(session);
	if (err) {
		session_free(session);
		return err;
	}
	/* Not before all are there: a tree whose first call was seen and whose end was not would
	 * stay open. */
	session->bpf->bss->is_tracing = true;
	*out = session;
	return NULL;
}

static struct error *consume(struct session *session)
{
	int failed;

	session->batch = 0;
	failed = ring_buffer__consume(session->ring);
	if (failed < 0 && failed != -EAGAIN && failed != -EINTR)
		return error_errno(-failed, "cannot read the ring buffer");
	return NULL;
}

/* After an exec by a thread that was not the first one the kernel keeps the probes out of the process
 * itself, too. */
static struct error *follow_exec(struct session *session)
{
	struct graph_bpf__bss *shared = session->bpf->bss;
	uint32_t num_moves = shared->num_moves;
	struct error *err;

	if (num_moves == session->num_moves || !attachment_is_confined(session->attachment))
		return NULL;
	session->num_moves = num_moves;
	shared->is_tracing = false;
	err = attachment_again(session->attachment);
	shared->is_tracing = !err;
	if (!err)
		log_verbose("process %u executed a program in a thread that was not its first one: "
			    "attached again, its first calls may be missing",
			    session->options.only_pid);
	if (err && kill((pid_t)session->options.only_pid, 0) && errno == ESRCH)
		error_free(take_pointer(err)); /* it has ended meanwhile */
	return err;
}

struct error *session_poll(struct session *session, int timeout_ms)
{
	int failed;

	session->batch = 0;
	failed = ring_buffer__poll(session->ring, timeout_ms);
	if (failed < 0 && failed != -EAGAIN && failed != -EINTR)
		return error_errno(-failed, "cannot wait for records");
	/* Records are sent without waking the reader: look whether there are any. */
	struct error *err = session->batch ? NULL : consume(session);
	sweep_gates(session);
	if (!err)
		err = attachment_check(session->attachment);
	if (!err)
		err = follow_exec(session);
	session->file_is_changed = attachment_file_is_changed(session->attachment);
	return err;
}

bool session_file_is_changed(const struct session *session)
{
	return session->file_is_changed;
}

void session_look_away(struct session *session)
{
	session->bpf->bss->is_tracing = false;
}

struct error *session_stop(struct session *session)
{
	struct error *err = NULL;

	if (!session->attachment)
		return NULL;
	session_look_away(session);
	attachment_stop(session->attachment);
	session->attachment = NULL;
	for (size_t i = 0; i < 2; i++) {
		bpf_link__destroy(session->process_links[i]);
		session->process_links[i] = NULL;
	}
	do
		err = consume(session);
	while (!err && session->batch >= BATCH);
	if (session->options.lost)
		gates_visit_losses(&session->gates, session->options.lost,
				   session->options.context);
	return err;
}

void session_free(struct session *session)
{
	if (!session)
		return;
	attachment_stop(session->attachment);
	for (size_t i = 0; i < 2; i++)
		bpf_link__destroy(session->process_links[i]);
	ring_buffer__free(session->ring);
	gates_destroy(&session->gates);
	graph_bpf__destroy(session->bpf);
	free(session);
}

struct session_stats session_stats(const struct session *session)
{
	int cpus = libbpf_num_possible_cpus();
	struct session_stats sum = {};
	_cleanup_free_ uint64_t *values = calloc(cpus > 0 ? cpus : 1, sizeof(*values));

	for (uint32_t stat = 0; values && stat < STAT_COUNT; stat++) {
		if (bpf_map_lookup_elem(bpf_map__fd(session->bpf->maps.stats), &stat, values))
			continue;
		for (int cpu = 0; cpu < cpus; cpu++)
			sum.stats[stat] += values[cpu];
	}
	return sum;
}

enum attach_method session_method(const struct session *session)
{
	return session->method;
}

size_t session_num_sites(const struct session *session)
{
	return session->num_sites;
}

uint64_t session_needs(const struct session *session)
{
	/* /proc of others; what their memory and executables are, and the files that they have
	 * mapped (fs/proc/base.c, proc_map_files_get_link()). */
	return attachment_needs(session->attachment) | CAPABILITY(CAP_SYS_PTRACE) |
	       CAPABILITY(CAP_CHECKPOINT_RESTORE);
}
