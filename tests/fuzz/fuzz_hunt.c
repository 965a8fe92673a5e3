/* SPDX-License-Identifier: MIT */
/*
 * fuzz_hunt.c - any stream of hunt's records gives reports that add up.
 *
 * Six bytes a record, with few goroutines, targets and stacks, so that they meet often; times go back now
 * and then. No call has more time than there was, its pieces sum to its duration, shares to 1, and the
 * tree's nodes to their parent.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../unit/facts.h"
#include "gofuncgraph/hunt_report.h"
#include "gofuncgraph/stacks.h"
#include "goroutines/unwind.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define MAX_RECORDS  4000
#define RECORD_BYTES 6
#define START_NS     1000000

static const struct gobin_func funcs[] = {
	{.name = "main.handle", .va = 0x1000, .size = 0x100},
	{.name = "main.get", .va = 0x1100, .size = 0x100},
	{.name = "runtime.gcAssistAlloc", .va = 0x1200, .size = 0x100},
	{.name = "runtime.cgocall", .va = 0x1300, .size = 0x100},
	{.name = "sync.(*Mutex).Lock", .va = 0x1400, .size = 0x100},
};
static const struct name_line lines[] = {{0x1000, {"/src/a.go", 1}, 0},
					 {0x1400, {"/go/b.go", 2}, 0}};
static const char *const reasons[] = {"", "sleep", "GC assist wait", "sync.Mutex.Lock"};
static const struct name_table table = {
	.funcs = funcs,
	.lines = lines,
	.reasons = reasons,
	.num_funcs = 5,
	.num_lines = 2,
	.num_reasons = 4,
	.arch = &arch_arm64,
	.own_code = {.goroot = "/go/"},
};
static const struct name_site sites[] = {{0x1000, 0}, {0x1100, 1}};

static uint32_t func_of_site(void *context, uint32_t site)
{
	return site & 1;
}

struct checker {
	uint64_t now_ns;
	uint64_t calls;
	uint64_t most_slow; /* of one target */
};

static void overdue(void *context, const struct hunt_open *call)
{
	must(call->now_ns >= call->start_ns + 1000 && call->goid);
}

static void stuck(void *context, const struct hunt_open *call, const struct record_stuck *look,
		  const struct known_stack *stack)
{
	must(call->now_ns >= call->start_ns && call->goid == look->header.goid);
	must(!stack || stack->id.first == look->stack);
}

static const struct code_place *code_at(void *context, uint64_t va)
{
	struct code_place *place = context;

	*place = (struct code_place){.func_va = va & ~0xffull, .delta = (int32_t)(va >> 8 & 3) * 8};
	return va >= 0x1000 && va < 0x1500 ? place : NULL;
}

/* ---- what comes out ---- */

static void check_doing(const struct hunt_doing *doing, unsigned depth)
{
	must(doing->kind_name && *doing->kind_name && depth <= 14);
	must(!doing->by.function || doing->by_goid);
	must(doing->num_parts <= HUNT_MAX_PARTS);
	for (size_t i = 0; i < doing->num_parts; i++)
		must(memchr(doing->parts[i].taker.process, 0,
			    sizeof(doing->parts[i].taker.process)));
	for (size_t i = 0; i < doing->num_objects; i++) {
		must(doing->objects[i].text[0] && doing->objects[i].share < 1 + 1e-6);
		must(!i || doing->objects[i].ns <= doing->objects[i - 1].ns);
	}
	for (size_t i = 0; i < doing->num_meanwhile; i++)
		check_doing(&doing->meanwhile[i], depth + 1);
}

/* Index behind the last node below. */
static size_t check_node(const struct hunt_report *report, size_t at)
{
	const struct hunt_node *node = &report->tree[at];
	double share = 0;
	size_t child = at + 1;

	must(node->end > at && node->end <= report->num_nodes);
	while (child < node->end) {
		must(report->tree[child].depth == node->depth + 1 && !node->kind);
		share += report->tree[child].share;
		child = check_node(report, child);
	}
	must(child == node->end);
	must(node->kind || (share < node->share + 1e-6 && share > node->share - 1e-6));
	return child;
}

static bool is_about(uint64_t one, uint64_t other, uint64_t off)
{
	return one <= other + off && other <= one + off;
}

/* Each call is one process's. Numbers are rounded. */
static void check_processes(const struct hunt_report *report)
{
	uint64_t calls = 0;

	for (size_t i = 0; i < report->num_processes; i++) {
		must(!i || report->processes[i].calls <= report->processes[i - 1].calls);
		calls += report->processes[i].calls;
	}
	must(report->alike || is_about(calls, report->slow, 1 + report->num_processes));
}

static void check_path(const struct hunt_report *report)
{
	struct hunt_path path;

	hunt_path(report, &path);
	must(path.count <= HUNT_MAX_PATH && path.count <= report->num_nodes);
	for (size_t i = 0; i < path.count; i++)
		must(!path.funcs[i].function != !path.funcs[i].module);
}

static void check_report(void *context, const struct hunt_report *report)
{
	struct checker *checker = context;
	uint64_t most_ns = checker->now_ns - START_NS;
	double share = 0;

	checker->calls += report->calls;
	if (report->slow > checker->most_slow)
		checker->most_slow = report->slow;
	check_processes(report);
	check_path(report);
	must(report->max_ns <= most_ns && report->span_ns <= most_ns);
	must(report->median_ns <= report->p90_ns && report->p90_ns <= report->max_ns);
	must(report->explained_ns <= report->total_ns);
	must(report->holes <= report->calls);
	for (size_t i = 0; i < report->num_causes; i++) {
		check_doing(&report->causes[i], 0);
		must(!i || report->causes[i].ns <= report->causes[i - 1].ns);
		share += report->causes[i].share;
	}
	must(share < 1 + 1e-6);
	for (size_t i = 0; i < report->num_started; i++) {
		must(report->started[i].count > 0);
		for (size_t j = 0; j < report->started[i].did.num_meanwhile; j++)
			check_doing(&report->started[i].did.meanwhile[j], 0);
	}
	share = 0;
	for (size_t at = 0; at < report->num_nodes; at = check_node(report, at))
		share += report->tree[at].share;
	must(!report->num_nodes || (share > 1 - 1e-6 && share < 1 + 1e-6));
	for (size_t i = 0; i < report->num_slowest; i++) {
		const struct hunt_call *call = &report->slowest[i];
		uint64_t ns = 0;

		for (size_t j = 0; j < call->num_steps; j++) {
			check_doing(&call->steps[j].doing, 0);
			ns += call->steps[j].doing.ns;
		}
		must(ns == call->ns && ns <= most_ns);
	}
}

/* ---- what goes in ---- */

static void fill_on(struct waited_on *on, const uint8_t *bytes)
{
	memset(on, bytes[5], sizeof(*on));
	on->kind = bytes[1] & 7;
	on->above = bytes[2] & 3;
	on->family = bytes[3] & 15;
	on->text[bytes[2] % ON_TEXT_SIZE] = 0;
}

static void fill_wait(union any_record *room, const uint8_t *bytes, uint64_t now_ns)
{
	room->wait.start_ns = now_ns - bytes[2] * UINT64_C(100000);
	room->wait.ready_ns = now_ns - bytes[3] * UINT64_C(50000);
	room->wait.state = bytes[4] & 15;
	room->wait.reason = bytes[4] >> 4;
	room->wait.stack = bytes[5] & 7;
	room->wait.by_goid = bytes[5] >> 3 & 3;
	room->wait.by_stack = bytes[5] >> 5;
	room->wait.syscall = (int8_t)bytes[3];
	room->wait.asleep_ns = bytes[4] * UINT64_C(100000);
	if (!(bytes[1] & 8))
		return;
	room->header.size = sizeof(room->wait_on);
	fill_on(&room->wait_on.on, bytes);
}

static void fill(union any_record *room, const uint8_t *bytes, uint64_t now_ns)
{
	switch (room->header.kind) {
	case RECORD_ENTRY:
	case RECORD_RETURN:
	case RECORD_TAKEN_OFF:
		room->at.site = bytes[2] & 3;
		break;
	case RECORD_WAIT:
		fill_wait(room, bytes, now_ns);
		break;
	case RECORD_SHORT_WAITS:
		room->short_waits = (struct record_short_waits){
			room->header, bytes[2], bytes[3] * UINT64_C(100000),
			bytes[4] == 255 ? UINT64_MAX : bytes[4], bytes[5]};
		break;
	case RECORD_OFFCPU:
		room->offcpu.start_ns = now_ns - bytes[2] * UINT64_C(100000);
		room->offcpu.stack = bytes[3] & 7;
		room->offcpu.by = bytes[4] & 7;
		memset(room->offcpu.by_comm, bytes[5], sizeof(room->offcpu.by_comm));
		room->offcpu.slept = bytes[4] >> 3 & 1;
		break;
	case RECORD_GO:
		room->go.origin = (struct origin){.by_goid = bytes[2] & 3,
						  .start_va = 0x1000 + (bytes[3] & 7) * 0x100,
						  .go_va = 0x1000 + bytes[4] * 5};
		break;
	case RECORD_LOOK:
		room->look = (struct record_look){.header = room->header,
						  .since_ns = now_ns - bytes[2] * UINT64_C(1000),
						  .stack = bytes[3] & 7,
						  .state = bytes[4] & 15,
						  .reason = bytes[4] >> 4};
		if (bytes[1] & 8) {
			room->header.size = sizeof(room->look_on);
			fill_on(&room->look_on.on, bytes);
		}
		break;
	case RECORD_HOLDER:
		room->holder.by_goid = bytes[2] & 3;
		room->holder.by_stack = bytes[3] & 7;
		break;
	case RECORD_STUCK:
		room->stuck.stack = bytes[3] & 7;
		room->stuck.state = bytes[4];
		fill_on(&room->stuck.on, bytes);
		break;
	case RECORD_SAMPLE:
		room->sample.ip_va = 0x1000 + bytes[2] * 5;
		room->sample.stack = bytes[3] & 7;
		room->sample.place = bytes[3] >> 3 & 3;
		room->sample.state = bytes[4] & 1 ? STATE_RUNNING : STATE_SYSCALL;
		room->sample.top.words[0] = room->sample.top.words[1] = 0x1000 + bytes[5] * 5;
		room->sample.top.sp = bytes[4];
		room->sample.top.first_frame = bytes[5];
		break;
	case RECORD_STACK:
		room->stack.id = 1 + (bytes[2] & 7);
		room->stack.count = bytes[3] & 15;
		for (unsigned i = 0; i < room->stack.count; i++)
			room->stack.addresses[i] = 0x1000 + (bytes[4] + i * bytes[5]) % 0x600;
		room->header.size += room->stack.count * 8;
		break;
	case RECORD_STACK_COPY:
		room->copy.size = bytes[2] & ~7u;
		room->copy.ip_va = 0x1000 + bytes[4] * 5;
		room->copy.is_off_cpu = bytes[5] & 1;
		room->header.size += room->copy.size;
		for (unsigned i = 0; i + 8 <= room->copy.size; i += 8)
			room->copy.bytes[i + 1] = 0x10 + (bytes[3] + i) % 5;
	}
}

static void feed(struct hunt *hunt, struct checker *checker, const uint8_t *bytes)
{
	static const uint8_t kinds[] = {
		RECORD_ENTRY,      RECORD_RETURN,       RECORD_WAIT,     RECORD_LOOK,
		RECORD_OFFCPU,     RECORD_SAMPLE,       RECORD_GO,       RECORD_STACK,
		RECORD_STACK_COPY, RECORD_SHORT_WAITS,  RECORD_LOST_END, RECORD_TICK,
		RECORD_TAKEN_OFF,  RECORD_PROCESS_EXIT, RECORD_GAP,      RECORD_GAP_END,
	};
	union any_record room = {0};
	uint64_t back_ns = bytes[1] & 0x40 ? bytes[2] * UINT64_C(10000) : 0;

	room.header = (struct record){
		.kind = kinds[bytes[0] & 15],
		.flags = bytes[1] & 0x80 ? 0 : RECORD_OPENS_TREE | RECORD_CLOSES_TREE,
		.lost = (bytes[1] & 0x30) == 0x30,
		.time_ns = checker->now_ns - (back_ns < checker->now_ns - START_NS ? back_ns : 0),
		.goid = bytes[0] >> 4 & 3,
		.pid = 1 + (bytes[0] >> 6 & 1),
	};
	if (room.header.kind == RECORD_LOOK && bytes[1] & 4)
		room.header.kind = bytes[1] & 2 ? RECORD_HOLDER : RECORD_STUCK;
	room.header.size = (uint16_t)record_min_size(room.header.kind);
	if (room.header.kind == RECORD_WAIT && bytes[0] >> 7)
		room.header.flags = RECORD_IS_OPEN;
	fill(&room, bytes, room.header.time_ns);
	must(record_is_valid(&room.header, sizeof(room)));
	must(!hunt_feed(hunt, &room.header));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct code_place place;
	const struct unwind_code code = {.context = &place, .at = code_at};
	const struct name_source source = name_source_table(&table);
	struct checker checker = {.now_ns = START_NS};
	const struct hunt_visitor visitor = {.report = check_report, .context = &checker};
	struct hunt_settings settings = {.sample_ns = 100000, .stuck_ns = 1000, .code = &code};
	struct hunt_report_options options = {0};
	struct facts stopped = {.kind = RECORD_STOPPED};
	const struct facts states_off = {.kind = RECORD_STATES_OFF, .time_ns = START_NS};
	struct hunt *hunt;
	struct names *names;

	if (size < 2 || size > 2 + MAX_RECORDS * RECORD_BYTES)
		return 0;
	settings.num_slowest = data[0] & 3;
	options.rank = data[0] >> 2 & 3;
	options.slower_ns = data[1];
	if (data[0] & 16)
		settings.code = NULL;
	must(!names_new(&source, sites, 2, &names));
	must(!hunt_new(&settings,
		       &(struct hunt_sink){
			       .func_of_site = func_of_site, .overdue = overdue, .stuck = stuck},
		       &hunt));
	if (data[0] & 32)
		must(!hunt_feed(hunt, FACTS_RECORD(&states_off)));
	for (size_t i = 2; i + RECORD_BYTES <= size; i += RECORD_BYTES) {
		checker.now_ns += 1 + data[i + 1] * UINT64_C(1000);
		feed(hunt, &checker, data + i);
	}
	must(!hunt_report(hunt, names, &options, &visitor));
	must(checker.calls == hunt_num_calls(hunt));
	must(is_about(checker.most_slow, hunt_num_slow(hunt, options.slower_ns), 1));
	stopped.time_ns = checker.now_ns;
	must(!hunt_feed(hunt, FACTS_RECORD(&stopped)));
	must(!hunt_report(hunt, names, &options, &visitor));
	hunt_free(hunt);
	names_free(names);
	return 0;
}
