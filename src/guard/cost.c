/* SPDX-License-Identifier: MIT */
/* cost.c - what a hit costs, measured on a child of our own; see cost.h. */
#include "guard/cost.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <linux/bpf.h>

#include "base/cleanup.h"
#include "base/log.h"
#include "gofuncgraph/decode.h"
#include "process/mappings.h"

#define PATH        "/proc/self/exe"
#define NUM_ROUNDS  8
#define NUM_CALLS   200 /* in each round */
#define MAX_COST_NS 1000000

/* Of a virtual machine where traps are slow: too much is better than too little. */
static const struct hit_costs of_another_machine = {.emulated_ns = 700, .stepped_ns = 4500};

/* Two functions, whose first instruction the kernel emulates and single-steps. */
void cost_emulated(void);
void cost_stepped(void);
#if defined(__x86_64__)
asm(".pushsection .text\n"
    ".globl cost_emulated\n.hidden cost_emulated\n.type cost_emulated, @function\n"
    "cost_emulated: push %rbp\n pop %rbp\n ret\n"
    ".globl cost_stepped\n.hidden cost_stepped\n.type cost_stepped, @function\n"
    "cost_stepped: mov %rdi, %rax\n ret\n"
    ".popsection\n");
#elif defined(__aarch64__)
/* arch/arm64/kernel/probes/decode-insn.c: branches are simulated. */
asm(".pushsection .text\n"
    ".globl cost_emulated\n.hidden cost_emulated\n.type cost_emulated, %function\n"
    "cost_emulated: b 1f\n 1: ret\n"
    ".globl cost_stepped\n.hidden cost_stepped\n.type cost_stepped, %function\n"
    "cost_stepped: mov x1, x0\n ret\n"
    ".popsection\n");
#endif

struct cost_measurement {
	pid_t child;
	struct hit_costs *shared; /* with the child */
};

uint64_t hit_cost_ns(const struct hit_costs *costs, const struct site *site, bool performs_ret)
{
	bool performs = performs_ret && site->kind == SITE_RETURN && !(site->flags & SITE_STEP);

	return performs || site->cost == SITE_EMULATED ? costs->emulated_ns : costs->stepped_ns;
}

/* ---- the child ---- */

static uint64_t cpu_now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Of the best round: what comes in between only ever adds to it. */
static uint64_t measure(void (*function)(void))
{
	uint64_t best_ns = UINT64_MAX;

	for (int round = 0; round < NUM_ROUNDS; round++) {
		uint64_t start_ns = cpu_now_ns(), cost_ns;

		for (int i = 0; i < NUM_CALLS; i++)
			function();
		cost_ns = (cpu_now_ns() - start_ns) / NUM_CALLS;
		best_ns = cost_ns < best_ns ? cost_ns : best_ns;
	}
	return best_ns;
}

static int load_empty_program(enum attach_method method)
{
	const struct bpf_insn code[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K}, /* r0 = 0 */
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, opts,
		    .expected_attach_type = (enum bpf_attach_type)attach_program_type(method));

	return bpf_prog_load(BPF_PROG_TYPE_KPROBE, "gofuncgraph_cost", "GPL", code, 2, &opts);
}

/* False: our own executable cannot be found out about. */
static bool find_sites(struct attach_site sites[2])
{
	void (*const functions[])(void) = {cost_emulated, cost_stepped};
	struct mappings mappings;
	struct error *err = mappings_read((uint32_t)getpid(), &mappings);
	bool found = !err;

	for (size_t i = 0; i < 2 && found; i++) {
		uint64_t address = (uintptr_t)functions[i];
		const struct mapping *mapping = mappings_at(&mappings, address);

		found = mapping != NULL;
		if (found)
			sites[i] = (struct attach_site){
				.off = address - mapping->start + mapping->off, .name = "cost"};
	}
	if (err)
		error_free(err);
	else
		mappings_release(&mappings);
	return found;
}

static void measure_in_child(enum attach_method method, struct hit_costs *costs)
{
	_cleanup_close_ int fd = open(PATH, O_RDONLY | O_CLOEXEC);
	_cleanup_close_ int program = load_empty_program(method);
	struct attach_file file = {.fd = fd, .path = PATH};
	struct attach_options options = {
		.method = method, .program_fds = {program}, .num_programs = 1, .pid = getpid()};
	struct attachment *attachment;
	struct attach_site sites[2];
	struct error *err;

	if (fd < 0 || program < 0 || fstat(fd, &file.stat) || !find_sites(sites))
		return;
	err = attachment_start(&file, sites, 2, &options, &attachment);
	if (err) {
		error_free(err);
		return;
	}
	if (attachment_num_sites(attachment) == 2) {
		costs->emulated_ns = measure(cost_emulated);
		costs->stepped_ns = measure(cost_stepped);
		costs->is_measured = true;
	}
	attachment_stop(attachment);
}

/* ---- the parent ---- */

struct cost_measurement *cost_measure_begin(enum attach_method method)
{
	struct cost_measurement *measurement = calloc(1, sizeof(*measurement));
	pid_t parent = getpid();

	if (!measurement)
		return NULL;
	measurement->shared = mmap(NULL, sizeof(*measurement->shared), PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	measurement->child = measurement->shared == MAP_FAILED ? -1 : fork();
	if (!measurement->child) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		log_set_verbose(false);
		if (getppid() == parent)
			measure_in_child(method, measurement->shared);
		_exit(0);
	}
	return measurement;
}

static bool is_plausible(const struct hit_costs *costs)
{
	return costs->is_measured && costs->emulated_ns && costs->emulated_ns < MAX_COST_NS &&
	       costs->stepped_ns && costs->stepped_ns < MAX_COST_NS;
}

struct hit_costs cost_measure_end(struct cost_measurement *measurement)
{
	struct hit_costs costs = of_another_machine;

	if (!measurement)
		return costs;
	while (measurement->child > 0 && waitpid(measurement->child, NULL, 0) < 0 && errno == EINTR)
		;
	if (measurement->shared != MAP_FAILED) {
		if (is_plausible(measurement->shared))
			costs = *measurement->shared;
		munmap(measurement->shared, sizeof(*measurement->shared));
	}
	free(measurement);
	return costs;
}
