/* SPDX-License-Identifier: MIT */
#include "recording/about.h"

#include <stdlib.h>

enum about_flags {
	ABOUT_STATES = 1 << 0,
	ABOUT_STACKS = 1 << 1,
	ABOUT_FOLLOW = 1 << 2,
	ABOUT_ALL_GOROUTINES = 1 << 3,
};

/* ---- writing ---- */

/* NULL is another text than "". */
static void put_text(struct bytes *bytes, const char *text)
{
	bytes_put_number(bytes, text != NULL);
	if (text)
		bytes_put_text(bytes, text);
}

static void put_texts(struct bytes *bytes, char *const *texts, size_t count)
{
	bytes_put_number(bytes, count);
	for (size_t i = 0; i < count; i++)
		bytes_put_text(bytes, texts[i]);
}

static void put_run(struct bytes *bytes, const struct run_options *run)
{
	bytes_put_number(bytes, (run->states ? ABOUT_STATES : 0) |
					(run->stacks ? ABOUT_STACKS : 0) |
					(run->follow ? ABOUT_FOLLOW : 0) |
					(run->all_goroutines ? ABOUT_ALL_GOROUTINES : 0));
	bytes_put_number(bytes, run->min_wait_ns);
	bytes_put_number(bytes, run->num_goids);
	for (uint32_t i = 0; i < run->num_goids; i++)
		bytes_put_number(bytes, run->goids[i]);
}

/* What came later. */
static void put_more(struct bytes *bytes, const struct recording_about *about)
{
	put_text(bytes, about->run.where);
	put_texts(bytes, (char *const *)about->run.labels, about->run.num_labels);
	bytes_put_number(bytes, about->where_is_early);
	bytes_put_number(bytes, about->traced_ns);
	bytes_put_number(bytes, about->run.hunt.is_wanted);
	bytes_put_number(bytes, about->run.hunt.frequency_hz);
	bytes_put_number(bytes, about->is_snapshot);
	bytes_put_number(bytes, about->has_lasting);
}

static void put_sites(struct bytes *bytes, const struct recording_about *about)
{
	struct name_site last = {};

	bytes_put_number(bytes, about->num_sites);
	for (size_t i = 0; i < about->num_sites; i++) {
		const struct name_site *site = &about->sites[i];

		bytes_put_signed(bytes, (int64_t)(site->va - last.va));
		bytes_put_signed(bytes, (int64_t)site->func - (int64_t)last.func);
		last = *site;
	}
}

void about_write(const struct recording_about *about, struct bytes *bytes)
{
	size_t num_arguments = 0;

	while (about->arguments && about->arguments[num_arguments])
		num_arguments++;
	put_text(bytes, about->tool);
	put_texts(bytes, about->arguments, num_arguments);
	put_text(bytes, about->binary);
	put_text(bytes, about->build_id);
	put_text(bytes, about->go_version);
	bytes_put_number(bytes, about->machine);
	bytes_put_number(bytes, about->start_ns);
	put_text(bytes, about->goroot);
	put_text(bytes, about->module);
	put_run(bytes, &about->run);
	put_sites(bytes, about);
	put_more(bytes, about);
}

/* ---- reading ---- */

static char *take_text(struct cursor *cursor)
{
	return cursor_number(cursor) ? cursor_text(cursor) : NULL;
}

static char **take_texts(struct cursor *cursor, size_t *count)
{
	size_t told = cursor_count(cursor);
	char **texts = calloc(told + 1, sizeof(*texts)); /* and an end */

	cursor_need(cursor, texts);
	*count = 0;
	while (texts && *count < told && (texts[*count] = cursor_text(cursor)))
		++*count;
	if (*count < told)
		cursor->failed = true;
	return texts;
}

static void take_run(struct cursor *cursor, struct run_options *run)
{
	uint64_t flags = cursor_number(cursor), count;

	run->states = flags & ABOUT_STATES;
	run->stacks = flags & ABOUT_STACKS;
	run->follow = flags & ABOUT_FOLLOW;
	run->all_goroutines = flags & ABOUT_ALL_GOROUTINES;
	run->min_wait_ns = cursor_number(cursor);
	count = cursor_number(cursor);
	if (count > MAX_GOIDS)
		cursor->failed = true;
	for (uint64_t i = 0; i < count && !cursor->failed; i++)
		run->goids[run->num_goids++] = cursor_number(cursor);
}

/* 0 of a version that had no such member yet. */
static uint64_t take_later(struct cursor *cursor)
{
	return cursor_is_at_end(cursor) ? 0 : cursor_number(cursor);
}

static void take_more(struct cursor *cursor, struct recording_about *about)
{
	struct run_options *run = &about->run;
	uint64_t count;

	run->where = take_text(cursor);
	count = cursor_number(cursor);
	cursor->failed |= count > MAX_TOLD_LABELS;
	while (run->num_labels < count && !cursor->failed)
		run->labels[run->num_labels++] = cursor_text(cursor);
	about->where_is_early = cursor_number(cursor);
	about->traced_ns = take_later(cursor);
	run->hunt.is_wanted = take_later(cursor);
	run->hunt.frequency_hz = (uint32_t)take_later(cursor);
	about->is_snapshot = take_later(cursor);
	about->has_lasting = take_later(cursor);
}

static void take_sites(struct cursor *cursor, struct recording_about *about)
{
	struct name_site last = {};

	about->num_sites = cursor_count(cursor);
	about->sites = calloc(about->num_sites + 1, sizeof(*about->sites));
	cursor_need(cursor, about->sites);
	for (size_t i = 0; about->sites && i < about->num_sites; i++) {
		last.va += (uint64_t)cursor_signed(cursor);
		last.func = (uint32_t)((int64_t)last.func + cursor_signed(cursor));
		about->sites[i] = last;
	}
}

bool about_read(struct cursor *cursor, struct recording_about *about)
{
	size_t num_arguments;

	*about = (struct recording_about){};
	about->tool = take_text(cursor);
	about->arguments = take_texts(cursor, &num_arguments);
	about->binary = take_text(cursor);
	about->build_id = take_text(cursor);
	about->go_version = take_text(cursor);
	about->machine = (uint16_t)cursor_number(cursor);
	about->start_ns = cursor_number(cursor);
	about->goroot = take_text(cursor);
	about->module = take_text(cursor);
	take_run(cursor, &about->run);
	take_sites(cursor, about);
	/* It is not there of the first version that recorded. */
	if (!cursor_is_at_end(cursor))
		take_more(cursor, about);
	return !cursor->failed;
}

static void free_texts(char **texts)
{
	for (size_t i = 0; texts && texts[i]; i++)
		free(texts[i]);
	free(texts);
}

void about_destroy(struct recording_about *about)
{
	free(about->tool);
	free_texts(about->arguments);
	free(about->binary);
	free(about->build_id);
	free(about->go_version);
	free(about->goroot);
	free(about->module);
	free(about->sites);
	free((char *)about->run.where);
	for (uint32_t i = 0; i < about->run.num_labels; i++)
		free((char *)about->run.labels[i]);
	*about = (struct recording_about){};
}
