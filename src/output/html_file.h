/* SPDX-License-Identifier: MIT */
/*
 * html_file.h - the page of `-f html`: html/ has it, and what was traced is in its midst, packed (packed.h), so
 * that no name can become a part of the page.
 *
 * Packed are records, of numbers and texts as in base/bytes.h, behind a header: the version (2), the tool's,
 * binary, build id, command line, and what it is of (enum html_of). A record is its kind and
 *   1 text     the text; texts are spoken of by number, from 0, "" the first
 *   2 lane     process, name, name of the process: a goroutine; lanes are numbered from 0, too
 *   3 call     what calls and waits have in common, how it ended ("": it returned), caller, its file and
 *              line, values (a text itself), how many parts its time has, and of each: name, kind, ns
 *   4 wait     what they have in common, kind, what else is known (a text itself)
 *   5 end      when tracing began, ms since 1970; how long it took, ns; lost records
 *   6 report   of hunt: the next part of a text (a text itself)
 *   7 stack    of hunt: how many functions, and each, the outermost first; name and kind of what was done there,
 *              for how long, ns
 * In common are lane, name, depth, beginning (ns since that of the record before, of the first since tracing
 * began, signed), ns, and the id of a goroutine: that started this one here, or that ended the wait; 0: none.
 * html/read.js reads them.
 *
 * html_begin() - records, told one after the other - html_end() - html_release(). What fails, for want of memory,
 * is an error of the output's writer.
 */
#ifndef GOFUNCGRAPH_OUTPUT_HTML_FILE_H
#define GOFUNCGRAPH_OUTPUT_HTML_FILE_H

#include "base/bytes.h"
#include "base/numbers.h"
#include "output/format.h"
#include "output/packed.h"

enum html_of { HTML_OF_CALLS, HTML_OF_STATES, HTML_OF_HUNT }; /* without states, with them */

enum html_record {
	HTML_TEXT = 1,
	HTML_LANE,
	HTML_CALL,
	HTML_WAIT,
	HTML_END,
	HTML_REPORT,
	HTML_STACK,
};

/* As KINDS in html/read.js. */
enum html_kind {
	KIND_RUNNING,
	KIND_RUNNABLE,
	KIND_SYSCALL,
	KIND_WAITING,
	KIND_NO_CPU,
	KIND_OTHER,
};

struct html {
	struct output *out; /* not owned */
	struct packed *packed;
	struct numbers texts, lanes;
	uint64_t last_ns; /* beginning of the record before */
	struct bytes told; /* to be packed */
	struct bytes record; /* being made: what it speaks of is told before */
};

/* What calls and waits have in common. */
struct html_slice {
	uint64_t lane, name; /* by number: told before */
	uint32_t depth;
	uint64_t start_ns, ns; /* by the clock of records */
	uint64_t goid;
};

/* Writes the page up to what was traced. */
struct error *html_begin(struct html *html, struct output *out, enum html_of of);
void html_end(struct html *html, const struct output_totals *totals);
void html_release(struct html *html); /* all zero is fine */

/* The number of a text; NULL is as "". */
uint64_t html_text(struct html *html, const char *text);
uint64_t html_name(struct html *html, const struct name *name);
/* Of a goroutine, by its track_number(). */
uint64_t html_lane(struct html *html, uint32_t pid, uint64_t track);

/* The beginning of a record, in html->record. */
void html_put_slice(struct html *html, enum html_record kind, const struct html_slice *slice);
/* And its end. */
void html_tell(struct html *html);

#endif
