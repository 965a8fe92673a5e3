/* SPDX-License-Identifier: MIT */
/* live.c - the BPF programs at work: attached, their records read, and taken away; see live.h. */
#include "gofuncgraph/live.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "base/capabilities.h"
#include "base/log.h"
#include "source/foreign.h"
#include "source/gates.h"
#include "source/hits.h"
#include "source/processors.h"
#include "source/layers.h"
#include "source/loader.h"
#include "source/looks.h"
#include "source/privileges.h"
#include "source/programs.h"

/* Records handed on in one go, so that a flood cannot keep source_poll() from returning. */
#define BATCH 65536

struct live {
	struct source source;
	struct live_options options;
	struct graph_bpf *bpf;
	struct bpf_link *process_links[2];
	struct ring_buffer *ring;
	struct attachment *attachment;
	struct gates gates;
	struct hits hits;
	struct layers layers;
	struct processors *processors;
	struct looks *looks; /* NULL: waits are seen, or of no interest */
	bool has_news_of_looks; /* RECORD_STATES_OFF is to be told */
	enum attach_method method;
	size_t num_sites; /* when they were detached */
	unsigned batch; /* records handed on in this go */
	bool file_is_changed;
	bool is_gap; /* RECORD_GAP was told, and its end was not yet */
	bool is_resting; /* the same of RECORD_REST */
	uint32_t num_moves; /* execs that the probes have followed */
	uint64_t num_received; /* records */
	uint64_t num_lost; /* the same, as was told last */
	uint64_t stop_ns;
};

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

/* ---- records ---- */

static void hand_on(struct live *live, const struct record *record)
{
	live->options.sink.handle(live->options.sink.context, record);
}

/* A record that is made here. */
static void hand_on_made(void *context, const struct record *record)
{
	hand_on(context, record);
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
	record.counts[STAT_SENT] = live->num_received - live->bpf->bss->num_told_ends;
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
	if (end->has_lost)
		gates_take_losses(&live->gates, end, hand_on_made, live);
}

/* What was found before comes before. */
static void pass_looks(struct live *live, const struct record *record)
{
	looks_tell(live->looks, record->time_ns, hand_on_made, live);
	looks_see(live->looks, record);
}

static int handle_record(void *context, void *data, size_t size)
{
	struct live *live = context;
	const struct record *record = data;
	union foreign_room room;

	if (!record_is_valid(record, size))
		return 0;
	live->num_received++;
	if (live->looks)
		pass_looks(live, record);
	if (gates_are_over(record))
		end_program(live, (const struct record_process *)record);
	if (record->kind == RECORD_EXEC || record->kind == RECORD_PROCESS_EXIT)
		modules_forget(live->options.modules, record->pid);
	hand_on(live, foreign_number(live->options.modules, record, &room));
	return ++live->batch >= BATCH ? -EAGAIN : 0;
}

/* ---- what goes on ---- */

static struct error *consume(struct live *live)
{
	int failed;

	live->batch = 0;
	failed = ring_buffer__consume(live->ring);
	if (failed < 0 && failed != -EAGAIN && failed != -EINTR)
		return error_errno(-failed, "cannot read the ring buffer");
	return NULL;
}

/* All that is there by now; in a flood some of what comes meanwhile. */
static struct error *consume_all(struct live *live)
{
	uint64_t room = bpf_map__max_entries(live->bpf->maps.records);
	uint64_t end = live->num_received + room / sizeof(struct record);
	struct error *err;

	do
		err = consume(live);
	while (!err && live->batch >= BATCH && live->num_received < end);
	return err;
}

/* After an exec by a thread that was not the first one the kernel keeps the probes out of the
 * process itself, too. */
static struct error *follow_exec(struct live *live)
{
	struct graph_bpf__bss *shared = live->bpf->bss;
	uint32_t num_moves = shared->num_moves;
	struct error *err;
	bool was_tracing;

	if (num_moves == live->num_moves || !attachment_is_confined(live->attachment) ||
	    layers_are_busy(&live->layers))
		return NULL;
	live->num_moves = num_moves;
	was_tracing = shared->is_tracing;
	shared->is_tracing = false;
	err = attachment_again(live->attachment);
	shared->is_tracing = was_tracing && !err;
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

/* ---- looks ---- */

/* There are no probes any more where goroutines change their states. */
static struct error *begin_looks(struct live *live)
{
	if (!live->options.run.hunt.is_wanted || live->looks)
		return NULL;
	live->bpf->bss->samples_waits = true;
	return looks_new(live->options.plan, live->options.run.hunt.frequency_hz,
			 live->options.clock, &live->looks);
}

static struct error *begin_waits(struct live *live)
{
	live->has_news_of_looks = live->options.run.hunt.waits == HUNT_WAITS_SAMPLED;
	return live->has_news_of_looks ? begin_looks(live) : NULL;
}

/* If it is time. */
static struct error *look(struct live *live)
{
	struct error *err;

	if (live->has_news_of_looks)
		hand_on_time(live, RECORD_STATES_OFF, event_clock_now_ns(live->options.clock));
	live->has_news_of_looks = false;
	if (!live->looks || looks_wait_ns(live->looks, event_clock_now_ns(live->options.clock)))
		return NULL;
	err = consume_all(live);
	looks_take(live->looks);
	err = err ?: consume_all(live);
	looks_tell(live->looks, UINT64_MAX, hand_on_made, live);
	return err;
}

/* As ring_buffer__poll(), but until it is time to look; then records are not read yet. */
static int wait_for_look(const struct live *live, int timeout_ms)
{
	struct pollfd ring = {.fd = ring_buffer__epoll_fd(live->ring), .events = POLLIN};
	uint64_t ns = looks_wait_ns(live->looks, event_clock_now_ns(live->options.clock));
	struct timespec timeout;

	if (ns > (uint64_t)timeout_ms * 1000000)
		ns = (uint64_t)timeout_ms * 1000000;
	timeout = (struct timespec){.tv_sec = (time_t)(ns / 1000000000),
				    .tv_nsec = (long)(ns % 1000000000)};
	return ppoll(&ring, 1, &timeout, NULL) < 0 ? -errno : 0;
}

/* ---- changes of what is attached ---- */

static bool is_of_states(const struct plan *plan, uint32_t func)
{
	return func >= plan->num_funcs &&
	       site_is_state(&plan->sites[plan_func_at(plan, func)->first_site]);
}

/* Who runs a goroutine is not known any more. */
static struct error *leave_states(struct live *live)
{
	if (!live->options.run.hunt.is_wanted)
		processors_detach(live->processors);
	return begin_looks(live);
}

static struct error *end_states(struct live *live)
{
	hand_on_time(live, RECORD_STATES_OFF, event_clock_now_ns(live->options.clock));
	return leave_states(live);
}

static struct error *hand_on_taken_off(struct live *live)
{
	const struct plan *plan = live->options.plan;
	bool states_are_off = false;

	for (size_t i = 0; i < live->layers.num_funcs; i++) {
		struct record_frame record = {
			.header = {.kind = RECORD_TAKEN_OFF,
				   .size = sizeof(record),
				   .time_ns = event_clock_now_ns(live->options.clock)},
			.site = plan_func_at(plan, live->layers.funcs[i])->first_site,
		};

		if (live->layers.funcs[i] < plan->num_funcs)
			hand_on(live, &record.header);
		states_are_off |= is_of_states(plan, live->layers.funcs[i]);
	}
	return states_are_off ? end_states(live) : NULL;
}

static struct error *go_on_changing(struct live *live)
{
	enum layers_news news = layers_go_on(&live->layers, live->attachment);
	struct error *err;

	if (news == LAYERS_NO_NEWS || !live->bpf->bss->is_tracing)
		return NULL;
	/* What came before is told before. */
	err = consume_all(live);
	if (!err && news == LAYERS_GOING)
		err = hand_on_taken_off(live);
	else if (live->is_gap)
		hand_on_time(live, RECORD_GAP_END, event_clock_now_ns(live->options.clock));
	live->is_gap = false;
	return err;
}

bool live_is_busy(const struct source *source)
{
	return layers_are_busy(&((const struct live *)source)->layers);
}

struct error *live_attach(struct source *source, const uint32_t *sites, size_t count)
{
	struct live *live = live_of(source);

	return layers_attach(&live->layers, live->attachment, sites, count);
}

struct error *live_take_off(struct source *source, const uint32_t *funcs, size_t count)
{
	struct live *live = live_of(source);
	bool is_tracing = live->bpf->bss->is_tracing;
	bool is_exact = is_tracing && live->method == ATTACH_UPROBE_MULTI;
	bool has_gap = is_tracing && !is_exact;
	/* What came before is told before. */
	struct error *err = has_gap ? consume_all(live) : NULL;
	uint64_t gap_ns = event_clock_now_ns(live->options.clock);

	if (!err)
		err = layers_take_off(&live->layers, live->attachment, funcs, count, is_exact);
	for (size_t i = 0; i < count && !err && !is_tracing; i++)
		if (is_of_states(live->options.plan, funcs[i]))
			err = leave_states(live);
	if (err || !has_gap || !live_is_busy(source))
		return err;
	/* None, if nothing else was in a layer with what goes. */
	live->is_gap = live->layers.num_coming > 0;
	if (live->is_gap)
		hand_on_time(live, RECORD_GAP, gap_ns);
	return hand_on_taken_off(live);
}

struct error *live_sample(struct source *source, uint32_t one_in)
{
	struct live *live = live_of(source);
	/* What came before is told before. */
	struct error *err = consume_all(live);
	struct record_one_in record = {
		.header = {.kind = RECORD_ONE_IN,
			   .size = sizeof(record),
			   .time_ns = event_clock_now_ns(live->options.clock)},
		.one_in = one_in};

	live->bpf->bss->sample_one_in = one_in;
	hand_on(live, &record.header);
	return err;
}

void live_tell_open(struct source *source)
{
	struct live *live = live_of(source);

	processors_tell_open(live->processors, event_clock_now_ns(live->options.clock), false,
			     hand_on_made, live);
}

struct error *live_rest(struct source *source)
{
	struct live *live = live_of(source);
	const struct plan *plan = live->options.plan;
	_cleanup_free_ uint32_t *funcs = calloc(plan->num_funcs + 1, sizeof(*funcs));
	struct error *err;

	if (!funcs)
		return error_out_of_memory();
	for (uint32_t i = 0; i < plan->num_funcs; i++)
		funcs[i] = i;
	/* Of some calls only the beginning or the end would be seen meanwhile. */
	live->bpf->bss->is_tracing = false;
	live->is_resting = true;
	err = consume_all(live);
	hand_on_time(live, RECORD_REST, event_clock_now_ns(live->options.clock));
	if (live->looks)
		looks_forget(live->looks);
	return err
		       ?: layers_take_off(&live->layers, live->attachment, funcs, plan->num_funcs,
					  false);
}

struct error *live_wake(struct source *source)
{
	struct live *live = live_of(source);
	const struct plan *plan = live->options.plan;
	const struct layers *layers = &live->layers;
	_cleanup_free_ uint32_t *sites = calloc(plan->num_sites + 1, sizeof(*sites));
	size_t count = 0;

	if (!sites)
		return error_out_of_memory();
	/* Nothing is left of the goroutines that were inside, or of who entered when probes went. */
	gates_forget(&live->gates);
	if (live->looks)
		looks_forget(live->looks);
	for (size_t i = 0; i < layers->num_funcs; i++) {
		const struct plan_func *func = plan_func_at(plan, layers->funcs[i]);

		for (uint32_t j = 0; j < func->num_sites; j++)
			sites[count++] = func->first_site + j;
	}
	return layers_attach(&live->layers, live->attachment, sites, count);
}

void live_begin(struct source *source)
{
	struct live *live = live_of(source);

	if (live->is_resting)
		hand_on_time(live, RECORD_REST_END, event_clock_now_ns(live->options.clock));
	live->is_resting = false;
	live->bpf->bss->is_tracing = true;
}

/* ---- life cycle ---- */

static struct error *live_poll(struct source *source, int timeout_ms)
{
	struct live *live = live_of(source);
	struct error *err;
	uint64_t now_ns;
	int failed;

	live->batch = 0;
	failed = live->looks ? wait_for_look(live, timeout_ms)
			     : ring_buffer__poll(live->ring, timeout_ms);
	if (failed < 0 && failed != -EAGAIN && failed != -EINTR)
		return error_errno(-failed, "cannot wait for records");
	/* Records are sent without waking the reader: look whether there are any. */
	err = live->batch ? NULL : consume(live);
	err = err ?: look(live);
	now_ns = event_clock_now_ns(live->options.clock);
	gates_sweep(&live->gates, now_ns);
	if (!err)
		err = attachment_check(live->attachment);
	if (!err)
		err = go_on_changing(live);
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

	live->num_sites = attachment_num_sites(live->attachment);
	processors_detach(live->processors);
	attachment_stop(live->attachment);
	live->attachment = NULL;
	detach_processes(live);
	return consume_all(live);
}

static void live_stop(struct source *source)
{
	struct live *live = live_of(source);

	processors_tell_open(live->processors, live->stop_ns, true, hand_on_made, live);
	gates_visit_losses(&live->gates, live->stop_ns, hand_on_made, live);
	hand_on_statistics(live, live->stop_ns);
	hand_on_time(live, RECORD_STOPPED, live->stop_ns);
}

static void live_free(struct source *source)
{
	struct live *live = live_of(source);

	attachment_stop(live->attachment);
	detach_processes(live);
	processors_free(live->processors);
	looks_free(live->looks);
	ring_buffer__free(live->ring);
	gates_destroy(&live->gates);
	hits_release(&live->hits);
	layers_destroy(&live->layers);
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
	if (!err)
		err = hits_map(live->bpf, &live->hits);
	if (!err)
		err = attach_processes(live);
	if (!err) {
		live->gates.fd = bpf_map__fd(live->bpf->maps.gates);
		live->gates.count = (uint32_t *)&live->bpf->bss->num_gates;
		live->ring = ring_buffer__new(bpf_map__fd(live->bpf->maps.records), handle_record,
					      live, NULL);
		if (!live->ring)
			err = error_errno(errno, "cannot map the ring buffer");
	}
	if (!err && options->run.hunt.is_wanted)
		err = processors_attach(live->bpf, &options->run.hunt, &live->processors);
	if (!err && live->bpf->rodata->tells_no_cpu)
		err = processors_attach_switches(live->bpf, &live->processors);
	if (!err)
		err = begin_waits(live);
	if (!err)
		err = attach_sites(live);
	if (err) {
		live_free(&live->source);
		return err;
	}
	/* Not before all are there: a tree whose first call was seen and whose end was not would
	 * stay open. */
	live->bpf->bss->is_tracing = !options->careful;
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
	/* /proc of others; what their memory and executables are, and the files that they have
	 * mapped (fs/proc/base.c, proc_map_files_get_link()). */
	return attachment_needs(live_in(source)->attachment) | CAPABILITY(CAP_SYS_PTRACE) |
	       CAPABILITY(CAP_CHECKPOINT_RESTORE);
}
