/* SPDX-License-Identifier: MIT */
/* process_source.c - where a running process keeps its goroutines; see process_source.h. */
#include "goroutines/process_source.h"

#include "base/proc.h"

static struct error *find_load_bias(const struct gobin *bin, pid_t pid, uint64_t *load_bias)
{
	uint64_t start;

	if (!proc_start_code(pid, &start))
		return error_new(
			"where process %d has its code cannot be read from /proc/%d/stat: run as root, or with CAP_SYS_PTRACE",
			pid, pid);
	*load_bias = start - gobin_start_code_va(bin);
	return NULL;
}

struct error *process_source_check(const struct gobin *bin)
{
	if (gobin_runtime(bin) != GOBIN_RUNTIME_HERE || gobin_is_library(bin))
		return error_new(
			"%s has no Go runtime of its own: the goroutines of libraries and plugins cannot be read yet",
			gobin_path(bin));
	return NULL;
}

struct error *process_source_find(struct gobin *bin, const pid_t *pid, struct places *places,
				  struct snapshot_source *source)
{
	struct error *err;

	*source = (struct snapshot_source){0};
	err = gobin_layout(bin, &source->layout);
	err = err ?: find_load_bias(bin, *pid, &source->code.load_bias);
	if (err)
		return err;
	for (unsigned reason = 0; reason < 256; reason++)
		source->ways[reason] = (uint8_t)awaited_way(gobin_wait_reason(bin, reason));
	source->code.context = places;
	source->code.at = places_code;
	source->code.live = places_live;
	source->code.has_link_register = gobin_arch(bin) == &arch_arm64;
	source->memory = memory_of_process(pid);
	if (gobin_allgs(bin, &source->allgs))
		source->allgs += source->code.load_bias;
	else
		source->allgs = 0;
	return NULL;
}

struct error *snapshot_source_of_process(struct gobin *bin, const pid_t *pid, struct places *places,
					 struct snapshot_source *source)
{
	struct error *err =
		process_source_check(bin) ?: process_source_find(bin, pid, places, source);

	if (!err && !source->allgs)
		err = error_new(
			"where %s lists its goroutines is not known: it has neither the symbol runtime.allgs nor a function runtime.forEachG that is known",
			gobin_path(bin));
	return err;
}
