/* SPDX-License-Identifier: MIT */
/*
 * pprof.c - calls summed up by path, for `go tool pprof`: how often a path was called and its own wall time,
 * of each goroutine, and with --states what that was spent on; all calls count for one of these.
 */
#include "output/pprof_file.h"
#include "output/profile.h"

struct sampling {
	struct output *out;
	const struct path *path; /* of the sample that is written */
	bool has_calls; /* a sample of it has them */
	struct pprof_file file;
};

static void put_frame(struct pprof_file *file, const struct path *path)
{
	const struct hash_key key = {path->key.second, path->depth > PATHS_MAX_DEPTH};
	const struct place *entry = &path->entry;

	pprof_put_frame(file, key,
			&(struct pprof_frame){.function = profile_function(path),
					      .file = entry->file ? entry->file->text : NULL,
					      .line = entry->line});
}

static void put_sample(void *context, const char *state, uint64_t ns)
{
	struct sampling *sampling = context;
	uint64_t calls = sampling->has_calls ? 0 : sampling->path->calls;

	sampling->has_calls = true;
	for (const struct path *path = sampling->path; path; path = path->parent)
		put_frame(&sampling->file, path);
	pprof_put_sample(&sampling->file, calls, ns,
			 &(struct pprof_labels){sampling->out->options.run.states ? state : NULL,
						sampling->path->goid});
}

static struct error *begin(struct output *out)
{
	return profile_begin_by(out, true);
}

static void end(struct output *out, const struct output_totals *totals)
{
	const struct paths *paths = out->data;
	struct sampling sampling = {.out = out};

	pprof_begin(&sampling.file, "calls");
	for (size_t i = 0; i < paths_count(paths); i++) {
		sampling.path = paths_at(paths, i);
		sampling.has_calls = false;
		profile_visit_spent(out, sampling.path, put_sample, &sampling);
	}
	pprof_end(&sampling.file, out, totals);
	pprof_destroy(&sampling.file);
}

const struct format format_pprof = {
	.prints = "the calls",
	.is_document = true,
	.target = FORMAT_TO_FILE,
	.begin = begin,
	.entry = profile_entry,
	.call = profile_call,
	.end = end,
	.free = profile_free,
};
