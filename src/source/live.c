/* SPDX-License-Identifier: MIT */
#include "gofuncgraph/live.h"

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

/* Records handed on in one go, so that a flood cannot keep source_poll() from returning. */
#define BATCH 65536

/* The kernel's map sizes have 32 bits (union bpf_attr), and this is a power of two. */
#define MAX_RING_SIZE (1u << 31)

struct live {
	struct source source;
	struct live_options options;
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
	uint64_t num_lost; /* records, as was told last */
	uint64_t stop_ns;
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

static void set_maps(struct live *live)
{
	const struct plan *plan = live->options.plan;
	uint64_t ring_size = round_up_to_power_of_two(live->options.run.ring_size);

	live->bpf->rodata->wakeup_bytes = ring_size / 16;
	bpf_map__set_max_entries(live->bpf->maps.records, ring_size);
	if (!live->bpf->rodata->use_cookies)
		bpf_map__set_max_entries(live->bpf->maps.sites,
					 plan->num_sites * (gobin_is_pie(plan->bin) ? 2 : 1));
	else if (gobin_is_pie(plan->bin))
		bpf_map__set_max_entries(live->bpf->maps.site_vas, plan->num_sites);
}

static void set_programs(struct live *live)
{
	uint32_t type = attach_program_type(live->method);
	bool steps = gobin_arch(live->options.plan->bin)->steps_return;
	struct bpf_program *program;

	live->emulates_ret =
		steps && live->options.run.emulate_ret && feature_write_registers(type);
	programs_choose(live->bpf->obj, live->options.plan, live->emulates_ret);
	bpf_object__for_each_program(program, live->bpf->obj) if (bpf_program__type(program) ==
								  BPF_PROG_TYPE_KPROBE)
		bpf_program__set_expected_attach_type(program, type);
	log_verbose(
		"%s",
		!steps               ? "the kernel simulates each `ret` (no single-step)"
		: live->emulates_ret ? "the exit program performs the `ret` (no single-step)"
		: live->options.run.emulate_ret
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
		return error_new(
			"cannot load the BPF programs: this kernel has no BTF (CONFIG_DEBUG_INFO_BTF), %s is not there",
			path);
	types = btf__parse_raw(path);
	failed = (int)-libbpf_get_error(types);
	if (failed)
		return error_errno(
			failed,
			"cannot load the BPF programs: the kernel's types cannot be read from %s, it is damaged or there is no memory",
			path);
	btf__free(types);
	return NULL;
}

static struct error *load_error(const struct live *live, int errnum)
{
	struct error *err;

	if (errnum == ENOMEM || errnum == E2BIG)
		return error_errno(
			errnum, "cannot have a ring buffer of %llu bytes; give --ring-size less",
			(unsigned long long)bpf_map__max_entries(live->bpf->maps.records));
	if (errnum == EMFILE || errnum == ENFILE)
		return error_errno(
			errnum,
			"cannot load the BPF programs; raise the limit of open files (ulimit -n)");
	err = check_types();
	if (err)
		return err;
	if (errnum != EPERM && errnum != EACCES && !feature_ring_buffer())
		return error_new(
			"cannot load the BPF programs: this kernel has no BPF ring buffer, Linux 5.10 or newer is needed");
	/* Before Linux 5.15 its programs are not even taken, since sites have no cookies. */
	if (errnum == EINVAL && live->method == ATTACH_UPROBE_MULTI &&
	    attach_best_method() != ATTACH_UPROBE_MULTI)
		return error_new(
			"this kernel has no uprobe_multi, Linux 6.6 or newer is needed: leave --attach out");
	return privileges_error(errnum, "load the BPF programs");
}

static struct error *load(struct live *live)
{
	struct error *err;
	int failed;

	libbpf_set_print(print_libbpf);
	live->bpf = graph_bpf__open();
	if (!live->bpf)
		return error_errno(errno, "cannot open the BPF object");
	live->bpf->rodata->use_cookies =
		live->method == ATTACH_UPROBE_MULTI ||
		(live->method == ATTACH_PERF_EVENT && feature_attach_cookie());
	err = settings_fill(live->bpf->rodata, &live->options);
	if (err)
		return err;
	set_maps(live);
	set_programs(live);
	failed = graph_bpf__load(live->bpf);
	return failed ? load_error(live, -failed) : NULL;
}

static struct error *sites_error(void)
{
	return error_errno(errno, "cannot tell the BPF programs the sites");
}

/* Where there are no cookies. */
static struct error *fill_sites(struct live *live)
{
	const struct plan *plan = live->options.plan;
	int fd = bpf_map__fd(live->bpf->maps.sites);
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
static struct error *fill_site_vas(struct live *live)
{
	const struct plan *plan = live->options.plan;
	int fd = bpf_map__fd(live->bpf->maps.site_vas);

	for (uint32_t i = 0; i < plan->num_sites; i++) {
		if (bpf_map_update_elem(fd, &i, &plan->sites[i].va, BPF_ANY))
			return sites_error();
	}
	return NULL;
}

static struct error *tell_sites(struct live *live)
{
	if (!live->bpf->rodata->use_cookies)
		return fill_sites(live);
	return live->bpf->rodata->is_pie ? fill_site_vas(live) : NULL;
}

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
	};
	struct error *err =
		programs_attach(live->bpf->obj, live->options.plan, &options, &live->attachment);

	if (err)
		return err;
	live->num_sites = attachment_num_sites(live->attachment);
	live->file_is_changed = attachment_file_is_changed(live->attachment);
	return NULL;
}

/* ---- records ---- */

static void hand_on(struct live *live, const struct record *record)
{
	live->options.sink.handle(live->options.sink.context, record);
}

static void hand_on_loss(void *context, const struct record *loss)
{
	hand_on(context, loss);
}

static uint64_t read_count(const struct live *live, uint32_t stat)
{
	int cpus = libbpf_num_possible_cpus();
	_cleanup_free_ uint64_t *values = calloc(cpus > 0 ? cpus : 1, sizeof(*values));
	uint64_t sum = 0;

	if (!values || bpf_map_lookup_elem(bpf_map__fd(live->bpf->maps.stats), &stat, values))
		return 0;
	for (int cpu = 0; cpu < cpus; cpu++)
		sum += values[cpu];
	return sum;
}

static void hand_on_statistics(struct live *live, uint64_t time_ns)
{
	struct record_statistics record = {
		.header = {.kind = RECORD_STATISTICS, .size = sizeof(record), .time_ns = time_ns}};

	for (uint32_t stat = 0; stat < STAT_COUNT; stat++)
		record.counts[stat] = read_count(live, stat);
	live->num_lost = record.counts[STAT_LOST];
	hand_on(live, &record.header);
}

static void hand_on_time(struct live *live, uint8_t kind, uint64_t time_ns)
{
	struct record record = {.kind = kind, .size = sizeof(record), .time_ns = time_ns};

	hand_on(live, &record);
}

/* Nothing goes on any more inside the program's targets. What its gates lost comes before. */
static void end_program(struct live *live, const struct record_process *end)
{
	gates_note_end(&live->gates, end);
	if (read_count(live, STAT_LOST))
		gates_take_losses(&live->gates, end, hand_on_loss, live);
}

static int handle_record(void *context, void *data, size_t size)
{
	struct live *live = context;
	const struct record *record = data;
	union foreign_room room;

	if (!record_is_valid(record, size))
		return 0;
	if (gates_are_over(record))
		end_program(live, (const struct record_process *)record);
	if (record->kind == RECORD_EXEC || record->kind == RECORD_PROCESS_EXIT)
		modules_forget(live->options.modules, record->pid);
	hand_on(live, foreign_number(live->options.modules, record, &room));
	return ++live->batch >= BATCH ? -EAGAIN : 0;
}

/* ---- life cycle ---- */

static struct error *consume(struct live *live)
{
	int failed;

	live->batch = 0;
	failed = ring_buffer__consume(live->ring);
	if (failed < 0 && failed != -EAGAIN && failed != -EINTR)
		return error_errno(-failed, "cannot read the ring buffer");
	return NULL;
}

/* After an exec by a thread that was not the first one the kernel keeps the probes out of the
 * process itself, too. */
static struct error *follow_exec(struct live *live)
{
	struct graph_bpf__bss *shared = live->bpf->bss;
	uint32_t num_moves = shared->num_moves;
	struct error *err;

	if (num_moves == live->num_moves || !attachment_is_confined(live->attachment))
		return NULL;
	live->num_moves = num_moves;
	shared->is_tracing = false;
	err = attachment_again(live->attachment);
	shared->is_tracing = !err;
	if (!err)
		log_warning(
			"process %u executed a program in a thread that was not its first one: attached again, its first calls may be missing",
			live->options.only_pid);
	if (err && kill((pid_t)live->options.only_pid, 0) && errno == ESRCH)
		error_free(take_pointer(err)); /* it has ended meanwhile */
	return err;
}

static struct live *live_of(struct source *source)
{
	return (struct live *)source;
}

static struct error *live_poll(struct source *source, int timeout_ms)
{
	struct live *live = live_of(source);
	struct error *err;
	uint64_t now_ns;
	int failed;

	live->batch = 0;
	failed = ring_buffer__poll(live->ring, timeout_ms);
	if (failed < 0 && failed != -EAGAIN && failed != -EINTR)
		return error_errno(-failed, "cannot wait for records");
	/* Records are sent without waking the reader: look whether there are any. */
	err = live->batch ? NULL : consume(live);
	now_ns = event_clock_now_ns(live->options.clock);
	gates_sweep(&live->gates, now_ns);
	if (!err)
		err = attachment_check(live->attachment);
	if (!err)
		err = follow_exec(live);
	live->file_is_changed = attachment_file_is_changed(live->attachment);
	if (read_count(live, STAT_LOST) != live->num_lost)
		hand_on_statistics(live, now_ns);
	hand_on_time(live, RECORD_TICK, now_ns);
	return err;
}

static void live_look_away(struct source *source, uint64_t stop_ns)
{
	live_of(source)->stop_ns = stop_ns;
	live_of(source)->bpf->bss->is_tracing = false;
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
	struct error *err;

	attachment_stop(live->attachment);
	live->attachment = NULL;
	detach_processes(live);
	do
		err = consume(live);
	while (!err && live->batch >= BATCH);
	return err;
}

static void live_stop(struct source *source)
{
	struct live *live = live_of(source);

	gates_visit_losses(&live->gates, live->stop_ns, hand_on_loss, live);
	hand_on_statistics(live, live->stop_ns);
	hand_on_time(live, RECORD_STOPPED, live->stop_ns);
}

static void live_free(struct source *source)
{
	struct live *live = live_of(source);

	attachment_stop(live->attachment);
	detach_processes(live);
	ring_buffer__free(live->ring);
	gates_destroy(&live->gates);
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

static struct error *check_options(const struct live_options *options)
{
	if (options->run.ring_size > MAX_RING_SIZE)
		return error_new(
			"a ring buffer of more than 2G cannot be had; give --ring-size less");
	return limits_check(round_up_to_power_of_two(options->run.ring_size));
}

struct error *live_start(const struct live_options *options, struct source **out)
{
	struct error *err = check_options(options);
	struct live *live;

	if (err)
		return err;
	live = calloc(1, sizeof(*live));
	if (!live)
		return error_out_of_memory();
	live->source.ops = &ops;
	live->options = *options;
	live->method =
		options->run.method == ATTACH_AUTO ? attach_best_method() : options->run.method;
	err = load(live);
	if (!err)
		err = tell_sites(live);
	if (!err)
		err = attach_processes(live);
	if (!err) {
		live->gates.fd = bpf_map__fd(live->bpf->maps.gates);
		live->ring = ring_buffer__new(bpf_map__fd(live->bpf->maps.records), handle_record,
					      live, NULL);
		if (!live->ring)
			err = error_errno(errno, "cannot map the ring buffer");
	}
	if (!err)
		err = attach_sites(live);
	if (err) {
		live_free(&live->source);
		return err;
	}
	/* Not before all are there: a tree whose first call was seen and whose end was not would
	 * stay open. */
	live->bpf->bss->is_tracing = true;
	*out = &live->source;
	return NULL;
}

/* ---- what it is like ---- */

static const struct live *live_in(const struct source *source)
{
	return (const struct live *)source;
}

enum attach_method live_method(const struct source *source)
{
	return live_in(source)->method;
}

size_t live_num_sites(const struct source *source)
{
	return live_in(source)->num_sites;
}

bool live_file_is_changed(const struct source *source)
{
	return live_in(source)->file_is_changed;
}

uint64_t live_needs(const struct source *source)
{
	/* /proc of others; what their memory and executables are, and the files that they have
	 * mapped (fs/proc/base.c, proc_map_files_get_link()). */
	return attachment_needs(live_in(source)->attachment) | CAPABILITY(CAP_SYS_PTRACE) |
	       CAPABILITY(CAP_CHECKPOINT_RESTORE);
}
