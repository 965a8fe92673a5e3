/* SPDX-License-Identifier: MIT */
/* state_programs.h - programs for the tests of sites of goroutines' states, and their plans. */
#ifndef GOFUNCGRAPH_TESTS_STATE_PROGRAMS_H
#define GOFUNCGRAPH_TESTS_STATE_PROGRAMS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "go_program.h"
#include "gofuncgraph/plan.h"

#define MAX_PROGRAMS 128

#define MINOR_PULL 23 /* iter.Pull, and with it runtime.coroswitch_m */
#define MINOR_SWAP 26 /* system calls without casgstatus */

static const char plain_source[] = "package main\n"
				   "func main() {\n"
				   "	c := make(chan int)\n"
				   "	go func() { c <- 1 }()\n"
				   "	println(<-c)\n"
				   "}\n";

static const char pull_source[] =
	"package main\n"
	"import \"iter\"\n"
	"func main() {\n"
	"	next, stop := iter.Pull(func(yield func(int) bool) { yield(1) })\n"
	"	println(next())\n"
	"	stop()\n"
	"}\n";

struct built {
	struct gobin *bin;
	unsigned minor;
	bool pulls, stripped, unoptimized, profiled;
};

struct programs {
	char folder[GO_MAX_PATH];
	struct built items[MAX_PROGRAMS];
	size_t count;
};

static inline void must(struct error *err)
{
	if (err)
		fail_msg("%s", error_message(err));
}

static inline void build(struct programs *programs, const struct go_toolchain *go, bool pulls,
			 const char *options)
{
	struct built *program = &programs->items[programs->count];
	char source_path[GO_MAX_PATH + 32], path[GO_MAX_PATH + 32];

	assert_true(programs->count++ < MAX_PROGRAMS);
	assert_true(go_write(programs->folder, pulls ? pull_source : plain_source, source_path));
	snprintf(path, sizeof(path), "%s/program%zu", programs->folder, programs->count);
	assert_true(go_build(go, source_path, options, path));
	must(gobin_open(path, &program->bin));
	program->minor = gobin_minor_version(program->bin);
	program->pulls = pulls;
	program->stripped = strstr(options, "-s -w");
	program->unoptimized = strstr(options, "-N");
}

/* As with a profile of a program that does little but change goroutines' states: the compiler puts
 * casgstatus into its callers (src/cmd/internal/pgo/serialize.go). */
static inline void build_profiled(struct programs *programs, const struct go_toolchain *go)
{
	static const char *const edges[][2] = {
		{"runtime.ready", "runtime.casgstatus"},
		{"runtime.park_m", "runtime.casgstatus"},
		{"runtime.execute", "runtime.casgstatus"},
		{"runtime.exitsyscall", "runtime.casgstatus"},
		{"runtime.entersyscall", "runtime.reentersyscall"},
		{"runtime.preemptPark", "runtime.casGToPreemptScan"},
		{"runtime.newproc.func1", "runtime.newproc1"},
	};
	char path[GO_MAX_PATH + 32], options[GO_MAX_PATH + 96];
	FILE *file;

	snprintf(path, sizeof(path), "%s/profile", programs->folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs("GO PREPROFILE V1\n", file);
	for (size_t i = 0; i < sizeof(edges) / sizeof(*edges); i++) {
		/* whichever line of the caller it is */
		for (int line = 0; line < 150; line++)
			fprintf(file, "%s\n%s\n%d 1000\n", edges[i][0], edges[i][1], line);
	}
	fclose(file);
	snprintf(options, sizeof(options), "-gcflags='all=-pgoprofile=%s'", path);
	build(programs, go, true, options);
	programs->items[programs->count - 1].profiled = true;
}

static inline int teardown(void **state)
{
	struct programs *programs = *state;

	for (size_t i = 0; i < programs->count; i++)
		gobin_close(programs->items[i].bin);
	go_remove(programs->folder);
	return 0;
}

/* The tracer's own function of that name, or NULL. */
static inline const struct plan_func *find_own(const struct plan *plan, const char *name)
{
	for (size_t i = 0; i < plan->num_runtime_funcs; i++) {
		if (!strcmp(plan->runtime_funcs[i].func->name, name))
			return &plan->runtime_funcs[i];
	}
	return NULL;
}

/* The function's site there, or NULL. */
static inline const struct site *find_site(const struct plan *plan, const struct plan_func *func,
					   uint64_t va)
{
	for (uint32_t i = 0; i < func->num_sites; i++) {
		if (plan->sites[func->first_site + i].va == va)
			return &plan->sites[func->first_site + i];
	}
	return NULL;
}

static inline const uint8_t *bytes_at(struct gobin *bin, uint64_t va, size_t length)
{
	size_t available = length;
	const uint8_t *bytes = gobin_bytes(bin, va, &available);

	assert_non_null(bytes);
	assert_int_equal(available, length);
	return bytes;
}

#endif
