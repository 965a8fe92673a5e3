/* SPDX-License-Identifier: MIT */
/* run_record.c - what a run traces into a recording; see run_record.h. */
#include "command/run_record.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/file_age.h"
#include "base/log.h"
#include "base/output_file.h"
#include "base/text.h"

/* Files of --dump-on. */
#define MAX_DUMPS 1000

static struct recording_about about_of(const struct run *run, struct name_site *sites)
{
	struct own_code own = gobin_own_code(run->bin);

	return (struct recording_about){
		.tool = VERSION,
		.arguments = (char **)run->args->arguments,
		.binary = (char *)(run->binary_path ?: gobin_path(run->bin)),
		.build_id = run->build_id,
		.go_version = (char *)gobin_version(run->bin),
		.machine = gobin_arch(run->bin)->machine,
		.start_ns = run->output_ns,
		.traced_ns = run->traced_ns,
		.goroot = (char *)own.goroot,
		.module = (char *)own.module,
		.run = run->args->options,
		.where_is_early = run->plan.where_is_early,
		.sites = sites,
		.num_sites = run->plan.num_sites,
	};
}

struct error *run_record_open(struct run_record *record, const struct run *run)
{
	struct error *err;

	if (!record->path || record->file)
		return NULL;
	if (record->is_output) {
		record->file = run->file;
		return NULL;
	}
	err = output_file_open_stream(record->path, &record->file);
	if (err)
		return err;
	if (file_is_same(fileno(record->file), gobin_fd(run->bin)))
		return error_new(
			"--record %s is the binary itself, which would be overwritten: give another file",
			record->path);
	if ((run->file && file_is_same(fileno(record->file), fileno(run->file))) ||
	    (run->args->output_path && file_is_named(fileno(record->file), run->args->output_path)))
		return error_new("--record and -o are both %s: give another file", record->path);
	return NULL;
}

/* That a reader went away (`| head`) ends the run, and is no error. */
static struct error *forgive_reader(struct run_record *to, struct error *err)
{
	if (!err || !to->is_output || !to->recorder || !recorder_is_closed(to->recorder))
		return err;
	to->is_closed = true;
	error_free(err);
	return NULL;
}

static bool is_kept(const struct run_record *record)
{
	return record->keep.ns || record->keep.bytes;
}

/* Standard output may be in use by others. */
static struct error *cut_file(const struct run_record *record)
{
	return strcmp(record->path, "-") ? output_file_cut(record->file, record->path) : NULL;
}

/* What is kept is written in the end; until then the file of a recorder before stays. */
static struct error *begin_file(struct run_record *record)
{
	struct error *err = is_kept(record) ? NULL : cut_file(record);

	return err ?: recorder_new(record->file, &record->keep, &record->recorder);
}

static struct error *end_file(struct run_record *record)
{
	struct error *err = is_kept(record) ? cut_file(record) : NULL;

	return err ?: recorder_end(record->recorder);
}

static size_t padded(const struct record *record)
{
	return (record->size + 7u) & ~7ul;
}

/* Functions that were left out before, say. */
static struct error *add_early(struct run_record *to)
{
	struct error *err = to->early.failed ? error_out_of_memory() : NULL;

	for (size_t at = 0; !err && at < to->early.size;) {
		const struct record *record = (const struct record *)(to->early.data + at);

		err = recorder_add(to->recorder, record);
		at += padded(record);
	}
	bytes_clear(&to->early);
	return err;
}

struct error *run_record_begin(struct run_record *record, const struct run *run)
{
	const struct name_source names = name_source_gobin(run->bin, run->modules);
	const struct recorder_state state = {.values = &run->plan.values,
					     .code = record->code,
					     .share_of_exact = &record->share_of_exact,
					     .hit_times = run->hit_times,
					     .clock = &run->clock,
					     .command_lines = run->command_lines};
	_cleanup_free_ struct name_site *sites = run_name_sites(run);
	const struct recording_about about = about_of(run, sites);
	struct error *err = NULL;

	if (!record->path)
		return NULL;
	if (!sites)
		return error_out_of_memory();
	if (!record->recorder)
		err = begin_file(record);
	if (!err)
		err = recorder_begin(record->recorder, &about, &names, &state);
	record->has_begun = !err;
	return forgive_reader(record, err ?: add_early(record));
}

static void keep_early(struct run_record *to, const struct record *record)
{
	static const uint8_t padding[8];

	if (record->kind == RECORD_TICK)
		return;
	bytes_put(&to->early, record, record->size);
	bytes_put(&to->early, padding, padded(record) - record->size);
}

/* ---- slow calls ---- */

struct open_root {
	struct hash_key key; /* goid or, of a thread without one, its tid; pid */
	uint64_t start_ns;
};

static struct hash_key key_of(const struct record *record)
{
	return (struct hash_key){record->goid ?: (1ull << 63) + record->tid, record->pid};
}

static void note_begin(struct run_record *to, const struct record *record)
{
	struct open_root *root = hash_find(&to->open, key_of(record));

	if (!root) {
		root = malloc(sizeof(*root));
		if (root)
			root->key = key_of(record);
		if (!root || !hash_add(&to->open, &root->key)) {
			free(root);
			return;
		}
	}
	root->start_ns = record->time_ns;
}

/* How long it took; 0: that is not known. */
static uint64_t note_end(struct run_record *to, const struct record *record)
{
	struct open_root *root = hash_find(&to->open, key_of(record));
	uint64_t ns = root ? record->time_ns - root->start_ns : 0;

	if (root)
		hash_remove(&to->open, &root->key);
	free(root);
	return ns;
}

/* FILE.N with the next N that no file has: a recorder that was started again keeps what it wrote before. */
static struct error *name_dump(struct run_record *to, char **path)
{
	do {
		free(*path);
		if (asprintf(path, "%s.%u", to->path, ++to->last_dump) < 0) {
			*path = NULL;
			return error_out_of_memory();
		}
	} while (access(*path, F_OK) == 0);
	return NULL;
}

static struct error *write_dump(struct run_record *to, uint64_t ns)
{
	_cleanup_free_ char *path = NULL;
	char amount[TEXT_AMOUNT_SIZE];
	uint64_t num_bytes = 0;
	FILE *file;
	struct error *err = name_dump(to, &path) ?: output_file_open_stream(path, &file);

	if (err)
		return err;
	err = output_file_cut(file, path);
	if (!err)
		err = recorder_dump(to->recorder, file, &num_bytes);
	if (fclose(file) && !err)
		err = error_errno(errno, "cannot write %s", path);
	text_format_amount(amount, ns);
	if (!err)
		log_info("a call took %s: what led to it is in %s, %s bytes", amount, path,
			 text_count(num_bytes).text);
	return err;
}

static struct error *look_for_slow(struct run_record *to, const struct record *record)
{
	uint64_t ns;

	if (record->kind == RECORD_ENTRY && record->flags & RECORD_OPENS_TREE)
		note_begin(to, record);
	if (!(record->flags & RECORD_CLOSES_TREE))
		return NULL;
	ns = note_end(to, record);
	if (ns < to->dump_slower_ns || to->num_dumps == MAX_DUMPS)
		return NULL;
	if (++to->num_dumps == MAX_DUMPS)
		log_warning(
			"this is the last of %s files for slow calls: delete some, and start anew",
			text_count(MAX_DUMPS).text);
	return write_dump(to, ns);
}

/* ---- records ---- */

struct error *run_record_add(struct run_record *to, const struct record *record)
{
	struct error *err;

	if (!to->path)
		return NULL;
	if (!to->has_begun) {
		keep_early(to, record);
		return NULL;
	}
	to->num_roots += record->kind == RECORD_ENTRY && record->flags & RECORD_OPENS_TREE;
	err = recorder_add(to->recorder, record);
	if (!err && to->dump_slower_ns)
		err = look_for_slow(to, record);
	if (record->kind == RECORD_STOPPED) {
		to->has_begun = false;
		err = err ?: end_file(to);
	}
	return forgive_reader(to, err);
}

void run_record_forget(struct run_record *record)
{
	bytes_clear(&record->early);
}

void run_record_report(const struct run_record *record)
{
	struct recorder_sums sums;

	if (!record->recorder)
		return;
	sums = recorder_sums(record->recorder);
	log_info("recorded %s in %s bytes: gofuncgraph-c replay %s shows them",
		 text_counted(sums.num_records, "event", "events").text,
		 text_count(sums.num_bytes).text, record->path);
}

void run_record_close(struct run_record *record)
{
	recorder_free(take_pointer(record->recorder));
	bytes_destroy(&record->early);
	hash_free_items(&record->open);
	if (record->file && !record->is_output)
		fclose(record->file);
	record->file = NULL;
}
