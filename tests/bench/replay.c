/* SPDX-License-Identifier: MIT */
/*
 * replay.c - how many records a second user space keeps up with, from the ring buffer to the file.
 *
 * usage: replay [MILLIONS [FILE [CALLERS...]]]
 *
 * Builds records in memory as goroutines in nested calls make them, from 2,000 distinct callers or
 * as many as are asked for, then feeds them to a call tree and each format. Measured beside it are
 * printf() of a line a record, and the first number of callers. Times are the processor's, the best
 * of several rounds that take turns, so that what else runs does not count.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "gofuncgraph/calltree.h"
#include "output/format.h"

#define NUM_FUNCS      64
#define NUM_GOROUTINES 100
#define TREE_CALLS     200
#define MAX_DEPTH      24
#define RUN_RECORDS    16 /* of one goroutine before another one runs */
#define BASE_VA        0x400000u
#define FUNC_SIZE      0x400u

static char func_names[NUM_FUNCS][64];
static struct gobin_func funcs[NUM_FUNCS];
static struct name_site sites[NUM_FUNCS * 2]; /* entry, exit */

static const struct gobin_func *func_at(const void *context, uint64_t va)
{
	return &funcs[(va - BASE_VA) / FUNC_SIZE % NUM_FUNCS];
}

static struct gobin_line line_at(const void *context, uint64_t va)
{
	return (struct gobin_line){.file = "/usr/lib/go-1.22/src/net/http/server.go",
				   .line = (unsigned)(va % 3000) + 1};
}

static void make_sites(void)
{
	for (uint32_t i = 0; i < NUM_FUNCS; i++) {
		snprintf(func_names[i], sizeof(func_names[i]), "net/http.(*conn).method%u", i);
		funcs[i] = (struct gobin_func){
			.name = func_names[i], .va = BASE_VA + i * FUNC_SIZE, .size = FUNC_SIZE};
		sites[i * 2] = (struct name_site){.va = funcs[i].va + 10, .func = i};
		sites[i * 2 + 1] = (struct name_site){.va = funcs[i].va + 200, .func = i};
	}
}

static uint32_t random_below(uint32_t limit)
{
	static uint64_t state = 88172645463325252ull; /* xorshift64, the same every time */

	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 32) % limit;
}

/* A goroutine that makes records. */
struct walker {
	uint64_t goid;
	uint32_t stack[MAX_DEPTH]; /* functions */
	uint32_t depth;
	uint32_t calls_left;
};

/* What calls and returns make. */
union call_record {
	struct record header;
	struct record_frame at;
	struct record_entry entry;
};

static void next_record(struct walker *walker, uint32_t num_callers, uint64_t now_ns,
			union call_record *record)
{
	bool calls = !walker->depth ||
		     (walker->calls_left && walker->depth < MAX_DEPTH && random_below(100) < 52);

	*record = (union call_record){.header = {.time_ns = now_ns,
						 .goid = walker->goid,
						 .pid = 1000,
						 .tid = 1000 + random_below(4)}};
	if (calls) {
		if (!walker->depth) {
			walker->calls_left = TREE_CALLS;
			record->header.flags = RECORD_OPENS_TREE;
		}
		walker->calls_left -= walker->calls_left > 0;
		uint32_t func = random_below(NUM_FUNCS);
		walker->stack[walker->depth++] = func;
		record->header.kind = RECORD_ENTRY;
		record->at.site = func * 2;
		record->at.frame = walker->depth * 96;
		record->entry.caller_va = BASE_VA + random_below(num_callers) * 32 + 1;
	} else {
		record->header.kind = RECORD_RETURN;
		record->at.frame = walker->depth * 96;
		record->at.site = walker->stack[--walker->depth] * 2 + 1;
		if (!walker->depth)
			record->header.flags = RECORD_CLOSES_TREE;
	}
	record->header.size = (uint16_t)record_min_size(record->header.kind);
}

static union call_record *make_records(size_t count, uint32_t num_callers)
{
	struct walker walkers[NUM_GOROUTINES] = {0};
	union call_record *records = num_callers ? malloc(count * sizeof(*records)) : NULL;
	uint64_t now_ns = 1000000000;

	for (size_t i = 0; i < NUM_GOROUTINES; i++)
		walkers[i].goid = 17 + i;
	for (size_t i = 0; records && i < count;) {
		struct walker *walker = &walkers[random_below(NUM_GOROUTINES)];
		for (size_t n = 0; n < RUN_RECORDS && i < count; n++, i++)
			next_record(walker, num_callers, now_ns += 500, &records[i]);
	}
	return records;
}

/* Of this process. */
static double seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct error *replay(const char *format, const char *path, const union call_record *records,
			    size_t count, double *took)
{
	const struct name_source source = {.func_at = func_at, .line_at = line_at};
	_cleanup_fclose_ FILE *file = fopen(path, "w");
	const struct event_clock clock = {.num_steps = 1};
	struct output_options options = {.file = file, .clock = &clock};
	struct names *names = NULL;
	struct output *out = NULL;
	struct calltree *trees = NULL;
	int errnum;

	if (!file)
		return error_new("cannot write %s", path);
	double start = seconds();
	struct error *err = names_new(&source, sites, NUM_FUNCS * 2, &names);
	options.names = names;
	if (!err)
		err = output_new(format_named(OUTPUT_TREES, format), &options, &out);
	if (!err) {
		struct calltree_sink sink = output_sink(out);
		err = calltree_new(&sink, &trees);
	}
	for (size_t i = 0; !err && i < count; i++)
		err = calltree_feed(trees, &records[i].header);
	if (!err) {
		struct record stop = {.kind = RECORD_STOPPED,
				      .size = sizeof(stop),
				      .time_ns = records[count - 1].header.time_ns};
		err = calltree_feed(trees, &stop);
	}
	if (!err) {
		err = output_flush(out, &errnum);
	}
	*took = seconds() - start;
	calltree_free(trees);
	output_free(out);
	names_free(names);
	return err;
}

/* The same number of lines with printf(). */
static double print_lines(const char *path, const union call_record *records, size_t count)
{
	_cleanup_fclose_ FILE *file = fopen(path, "w");
	double start = seconds();

	for (size_t i = 0; file && i < count; i++)
		fprintf(file, "%02d %02d:%02d:%02d.%06u %03u.%06u  %*s%s+%u %s:%u\n", 18, 15, 48, 5,
			(unsigned)(records[i].header.time_ns % 1000000), 0,
			(unsigned)(records[i].header.time_ns % 1000000), 12, "} ",
			func_names[records[i].at.site / 2], 200,
			"/usr/lib/go/src/net/http/server.go", 1000);
	if (file)
		fflush(file);
	return seconds() - start;
}

/* What is measured: one format with records of so many callers. */
struct run {
	const char *format;
	unsigned long num_callers;
	const union call_record *records;
	double best; /* seconds */
};

static const char *const formats[] = {"graph", "json"};

#define NUM_FORMATS (sizeof(formats) / sizeof(formats[0]))
#define MAX_CALLERS 8 /* numbers of them */
#define NUM_ROUNDS  5

static bool measure(struct run *run, const char *path, size_t count)
{
	double took = 0;
	_cleanup_error_ struct error *err = replay(run->format, path, run->records, count, &took);

	if (err)
		fprintf(stderr, "replay: %s\n", error_message(err));
	else if (!run->best || took < run->best)
		run->best = took;
	return !err;
}

static void print(const struct run *run, const struct run *first, double baseline, size_t count)
{
	printf("%s, %lu callers: %.0f records/s, %.2f of printf", run->format, run->num_callers,
	       (double)count / run->best, baseline / run->best);
	if (run != first)
		printf(", %.2f of %lu callers", first->best / run->best, first->num_callers);
	putchar('\n');
}

int main(int argc, char **argv)
{
	static char default_callers[] = "2000";
	static char *const default_counts[] = {default_callers};
	size_t count = (size_t)(argc > 1 ? strtoul(argv[1], NULL, 10) : 4) * 1000000;
	const char *path = argc > 2 ? argv[2] : "/dev/null";
	char *const *counts = argc > 3 ? argv + 3 : default_counts;
	size_t num_counts = argc > 3 ? (size_t)argc - 3 : 1, num_runs = 0;
	struct run runs[MAX_CALLERS * NUM_FORMATS] = {0};
	double baseline = 0;

	if (!count || count > 100000000 || num_counts > MAX_CALLERS) {
		fputs("usage: replay [MILLIONS [FILE [CALLERS...]]]\n", stderr);
		return 2;
	}
	make_sites();
	for (size_t i = 0; i < num_counts; i++) {
		unsigned long num_callers = strtoul(counts[i], NULL, 10);
		const union call_record *records = make_records(count, (uint32_t)num_callers);
		if (!records)
			return 1;
		for (size_t k = 0; k < NUM_FORMATS; k++)
			runs[num_runs++] = (struct run){.format = formats[k],
							.num_callers = num_callers,
							.records = records};
	}
	for (int round = 0; round < NUM_ROUNDS; round++) {
		double took = print_lines(path, runs[0].records, count);
		if (!baseline || took < baseline)
			baseline = took;
		for (size_t i = 0; i < num_runs; i++)
			if (!measure(&runs[i], path, count))
				return 1;
	}
	printf("printf: %.0f lines/s\n", (double)count / baseline);
	for (size_t i = 0; i < num_runs; i++)
		print(&runs[i], &runs[i % NUM_FORMATS], baseline, count);
	return 0;
}
