/* SPDX-License-Identifier: MIT */
#include "output/html_file.h"

#include <errno.h>
#include <string.h>

#include "base/text.h"
#include "output/html/page.h"
#include "output/tracks.h"

#define HTML_VERSION 2
/* Compressed at once. */
#define BATCH_SIZE (32u << 10)

static void fail(struct html *html)
{
	if (!html->out->writer.errnum)
		html->out->writer.errnum = ENOMEM;
}

/* ---- texts and lanes ---- */

uint64_t html_text(struct html *html, const char *text)
{
	uint64_t number;
	bool is_new;

	if (!numbers_of(&html->texts, hash_key_of_text(text ?: ""), &number, &is_new))
		fail(html);
	if (is_new) {
		bytes_put_number(&html->told, HTML_TEXT);
		bytes_put_text(&html->told, text);
	}
	return number;
}

uint64_t html_name(struct html *html, const struct name *name)
{
	return html_text(html, name ? name->text : NULL);
}

uint64_t html_lane(struct html *html, uint32_t pid, uint64_t track)
{
	char name[TRACK_NAME_SIZE], process[TRACK_NAME_SIZE];
	uint64_t number, name_number, process_number;
	bool is_new;

	if (!numbers_of(&html->lanes, (struct hash_key){pid, track}, &number, &is_new))
		fail(html);
	if (!is_new)
		return number;
	track_name(track, name);
	track_process_name(html->out, pid, process);
	name_number = html_text(html, name);
	process_number = html_text(html, process);
	bytes_put_number(&html->told, HTML_LANE);
	bytes_put_number(&html->told, pid);
	bytes_put_number(&html->told, name_number);
	bytes_put_number(&html->told, process_number);
	return number;
}

/* ---- records ---- */

static void pack(struct html *html)
{
	if (html->told.failed || html->record.failed)
		fail(html);
	packed_put(html->packed, html->told.data, html->told.size);
	bytes_clear(&html->told);
}

void html_put_slice(struct html *html, enum html_record kind, const struct html_slice *slice)
{
	bytes_put_number(&html->record, kind);
	bytes_put_number(&html->record, slice->lane);
	bytes_put_number(&html->record, slice->name);
	bytes_put_number(&html->record, slice->depth);
	bytes_put_signed(&html->record, (int64_t)(slice->start_ns - html->last_ns));
	bytes_put_number(&html->record, slice->ns);
	bytes_put_number(&html->record, slice->goid);
	html->last_ns = slice->start_ns;
}

void html_tell(struct html *html)
{
	bytes_put(&html->told, html->record.data, html->record.size);
	bytes_clear(&html->record);
	if (html->told.size >= BATCH_SIZE)
		pack(html);
}

/* ---- the page ---- */

static void put_text(struct html *html, const char *text)
{
	_cleanup_free_ char *clean = text ? text_escape(text, strlen(text)) : NULL;

	bytes_put_text(&html->told, clean);
}

struct error *html_begin(struct html *html, struct output *out, enum html_of of)
{
	const struct output_about *about = &out->options.about;
	_cleanup_free_ char *command = output_command(out);

	*html = (struct html){
		.out = out, .packed = packed_new(&out->writer), .last_ns = about->start_ns};
	if (!html->packed)
		return error_out_of_memory();
	writer_puts(&out->writer, html_head);
	bytes_put_number(&html->told, HTML_VERSION);
	bytes_put_text(&html->told, VERSION);
	put_text(html, about->binary);
	put_text(html, about->build_id);
	bytes_put_text(&html->told, command);
	bytes_put_number(&html->told, of);
	html_text(html, "");
	return NULL;
}

void html_end(struct html *html, const struct output_totals *totals)
{
	const struct output_options *options = &html->out->options;
	uint64_t start_ns = options->about.start_ns;

	bytes_put_number(&html->told, HTML_END);
	/* The clock of a recording is not known before. */
	bytes_put_number(&html->told, event_clock_realtime_ns(options->clock, start_ns) / 1000000);
	bytes_put_number(&html->told, totals->stop_ns > start_ns ? totals->stop_ns - start_ns : 0);
	bytes_put_number(&html->told, totals->lost);
	pack(html);
	packed_end(html->packed);
	writer_puts(&html->out->writer, html_tail);
}

void html_release(struct html *html)
{
	packed_free(html->packed);
	numbers_clear(&html->texts);
	numbers_clear(&html->lanes);
	bytes_destroy(&html->told);
	bytes_destroy(&html->record);
}
