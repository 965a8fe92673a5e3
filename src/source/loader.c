/* SPDX-License-Identifier: MIT */
/* loader.c - loads the BPF programs, or says what this kernel lacks. */
#include "source/loader.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/log.h"
#include "base/text.h"
#include "source/features.h"
#include "gofuncgraph/maps.h"
#include "source/hits.h"
#include "source/limits.h"
#include "source/privileges.h"
#include "source/processors.h"
#include "source/programs.h"
#include "source/settings.h"
#include "source/site_table.h"

/* The kernel's map sizes have 32 bits (union bpf_attr), and this is a power of two. */
#define MAX_RING_SIZE (1u << 31)

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

static void set_maps(struct graph_bpf *bpf, const struct live_options *options,
		     enum attach_method method)
{
	uint64_t ring_size = round_up_to_power_of_two(options->run.ring_size);

	bpf->rodata->wakeup_bytes = ring_size / 16;
	bpf_map__set_max_entries(bpf->maps.records, ring_size);
	if (!options->run.stacks && !options->run.hunt.is_wanted)
		bpf_map__set_max_entries(bpf->maps.told_stacks, 1);
	if (options->run.hunt.is_wanted) {
		bpf_map__set_max_entries(bpf->maps.processors,
					 (uint32_t)libbpf_num_possible_cpus());
	} else {
		bpf_map__set_max_entries(bpf->maps.waits, 1);
		bpf_map__set_max_entries(bpf->maps.hunted_processes, 1);
	}
	if (!options->run.hunt.is_wanted && !bpf->rodata->tells_no_cpu)
		bpf_map__set_max_entries(bpf->maps.threads, 1);
	if (!bpf->rodata->tells_id_labels)
		bpf_map__set_max_entries(bpf->maps.id_labels, 1);
	if (!options->run.cgroup) /* a kernel without cgroups has no such maps */
		bpf_map__set_autocreate(bpf->maps.chosen_cgroup, false);
	site_table_set_size(bpf, options->plan);
	hits_set_size(bpf, options->plan,
		      options->only_pid || options->run.cgroup || options->run.comm);
	if (method == ATTACH_UPROBE_MULTI)
		bpf_map__set_max_entries(bpf->maps.switch_marks, MAX_SWITCH_MARKS);
}

static void set_programs(struct graph_bpf *bpf, const struct live_options *options,
			 enum attach_method method)
{
	uint32_t type = attach_program_type(method);
	bool steps = gobin_arch(options->plan->bin)->steps_return;
	bool emulates_ret = steps && options->run.emulate_ret && feature_write_registers(type);
	struct bpf_program *program;

	programs_choose(bpf->obj, options->plan,
			&(struct programs_options){.emulates_ret = emulates_ret,
						   .hunts = options->run.hunt.is_wanted,
						   .tells_no_cpu = bpf->rodata->tells_no_cpu,
						   .opens_elsewhere = bpf->rodata->opens_elsewhere,
						   .tells_id_labels = bpf->rodata->tells_id_labels,
						   .chooses_labels = bpf->rodata->chosen_labels});
	bpf_object__for_each_program(program, bpf->obj)
	{
		if (bpf_program__type(program) == BPF_PROG_TYPE_KPROBE)
			bpf_program__set_expected_attach_type(program, type);
	}
	log_verbose(
		"%s",
		!steps         ? "the kernel simulates each `ret` (no single-step)"
		: emulates_ret ? "the exit program performs the `ret` (no single-step)"
		: options->run.emulate_ret
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

/* Attributes of no size are wrong, if there is anybody to say so. */
static bool has_bpf(void)
{
	return syscall(__NR_bpf, 0, NULL, 0) >= 0 || errno != ENOSYS;
}

static struct error *load_error(const struct graph_bpf *bpf, enum attach_method method, int errnum)
{
	struct error *err;

	if (errnum == ENOMEM)
		return error_errno(errnum,
				   "cannot have a ring buffer of %s bytes; give --ring-size less",
				   text_count(bpf_map__max_entries(bpf->maps.records)).text);
	/* Maps are far smaller than what the kernel takes, the ring, too (check_options()). */
	if (errnum == E2BIG)
		return error_errno(
			errnum,
			"cannot load the BPF programs: this kernel's verifier does not take all that is asked for of each call; ask for fewer values, labels or conditions");
	if (errnum == EMFILE || errnum == ENFILE)
		return error_errno(
			errnum,
			"cannot load the BPF programs; raise the limit of open files (ulimit -n)");
	if (!has_bpf())
		return privileges_error(ENOSYS, "load the BPF programs");
	err = check_types();
	if (err)
		return err;
	if (errnum != EPERM && errnum != EACCES && !feature_ring_buffer())
		return error_new(
			"cannot load the BPF programs: this kernel has no BPF ring buffer, Linux 5.10 or newer is needed");
	/* Before Linux 5.15 its programs are not even taken, since sites have no cookies. */
	if (errnum == EINVAL && method == ATTACH_UPROBE_MULTI &&
	    attach_best_method() != ATTACH_UPROBE_MULTI)
		return error_new(
			"this kernel has no uprobe_multi, Linux 6.6 or newer is needed: leave --attach out");
	return privileges_error(errnum, "load the BPF programs");
}

/* The programs that those at entries of targets go on in. */
static struct error *link_openings(const struct graph_bpf *bpf)
{
	const struct bpf_program *openings[OPENINGS] = {
		[OPENING_SMALL] = bpf->progs.opening_small,
		[OPENING_LARGE] = bpf->progs.opening_large,
		[OPENING_ID_LABELS] = bpf->progs.opening_id_labels,
		[OPENING_CHOSEN_LABELS] = bpf->progs.opening_chosen_labels};

	for (uint32_t i = 0; i < OPENINGS; i++) {
		int fd = bpf_program__fd(openings[i]);

		if (!bpf_program__autoload(openings[i]))
			continue;
		if (bpf_map_update_elem(bpf_map__fd(bpf->maps.openings), &i, &fd, BPF_ANY))
			return error_errno(errno, "cannot link the BPF programs");
	}
	return NULL;
}

/* `with_switches`: and if it is wanted, what sees threads lose their processors. */
static struct error *open_and_load(struct graph_bpf **out, const struct live_options *options,
				   enum attach_method method, bool with_switches)
{
	struct graph_bpf *bpf = *out = graph_bpf__open();
	struct error *err;
	int failed;

	if (!bpf)
		return error_errno(errno, "cannot open the BPF object");
	bpf->rodata->use_cookies = method == ATTACH_UPROBE_MULTI ||
				   (method == ATTACH_PERF_EVENT && feature_attach_cookie());
	err = settings_fill(bpf->rodata, options);
	if (err)
		return err;
	bpf->rodata->tells_no_cpu &= with_switches;
	set_maps(bpf, options, method);
	set_programs(bpf, options, method);
	failed = graph_bpf__load(bpf);
	if (failed)
		return load_error(bpf, method, -failed);
	err = bpf->rodata->opens_elsewhere ? link_openings(bpf) : NULL;
	return err ?: site_table_fill(bpf, options->plan);
}

static struct error *check_options(const struct live_options *options)
{
	unsigned more_files =
		options->run.hunt.is_wanted ? LIMITS_HUNT_FILES(libbpf_num_possible_cpus()) : 0;

	if (options->run.ring_size > MAX_RING_SIZE)
		return error_new(
			"a ring buffer of more than 2G cannot be had; give --ring-size less");
	return limits_check(round_up_to_power_of_two(options->run.ring_size), more_files);
}

struct error *loader_load(const struct live_options *options, enum attach_method method,
			  struct graph_bpf **bpf)
{
	struct error *err = check_options(options);

	*bpf = NULL;
	if (err)
		return err;
	libbpf_set_print(print_libbpf);
	err = open_and_load(bpf, options, method, true);
	if (err && *bpf && (*bpf)->rodata->tells_no_cpu) {
		error_free(take_pointer(err));
		graph_bpf__destroy(*bpf);
		err = open_and_load(bpf, options, method, false);
		if (!err)
			log_verbose("%s", PROCESSORS_NO_SWITCHES);
	}
	if (err) {
		graph_bpf__destroy(*bpf);
		*bpf = NULL;
	}
	return err;
}
