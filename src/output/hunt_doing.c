/* SPDX-License-Identifier: MIT */
#include "output/hunt_doing.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "base/text.h"
#include "output/hunt_line.h"
#include "output/hunt_objects.h"

/* Smaller shares are left out: of what was done meanwhile, of the parts of one kind of time. */
#define LEAST_MEANWHILE 0.03
#define LEAST_PART      0.05
/* Lines of what one goroutine did; more are left out. */
#define MAX_MEANWHILE 4

#define TEXT_SIZE 512

/* Whose innermost frame is of no interest: it would have happened elsewhere as well. */
static bool is_anywhere(enum hunt_kind kind)
{
	return kind == HUNT_GC || kind == HUNT_RUNNABLE || kind == HUNT_NO_CPU;
}

static bool has_place(const struct hunt_doing *doing)
{
	return doing->own.function || doing->own.module;
}

/* What stands between the kind and its place, or in the place's stead where one is missed. */
static const char *word_of_place(const struct hunt_doing *doing)
{
	if (has_place(doing))
		return is_anywhere(doing->kind) && doing->count > 1 ? ", mostly in " : " in ";
	switch (doing->kind) {
	case HUNT_CPU:
		if (doing->lacks_samples)
			return ", nobody knows where: too few samples (--frequency)";
		/* fall through */
	case HUNT_WAIT:
	case HUNT_SYSCALL:
	case HUNT_C_CODE:
	case HUNT_C_ASLEEP:
		return ", nobody knows where";
	default:
		return "";
	}
}

/* As many of them as are worth a word: how many. */
static size_t num_told_parts(const struct hunt_doing *doing)
{
	size_t count = doing->num_parts;

	while (count > 1 && doing->parts[count - 1].share < LEAST_PART)
		count--;
	return count;
}

#define TAKER_SIZE 96

/* NULL: nobody knows. */
static const char *taker_text(const struct hunt_taker *taker, char text[TAKER_SIZE])
{
	if (taker->is_own_process)
		return "other threads of this program";
	if (taker->is_idle)
		return "nobody";
	if (taker->is_quota)
		return "the quota of its control group was used up";
	if (!taker->process[0])
		return NULL;
	snprintf(text, TAKER_SIZE, "process %s", taker->process);
	return text;
}

/* In the line itself, where nothing else is told. NULL: elsewhere, or nobody knows. */
static const char *only_taker(const struct hunt_doing *doing, char text[TAKER_SIZE])
{
	if (doing->kind != HUNT_NO_CPU || has_place(doing) || num_told_parts(doing) != 1)
		return NULL;
	return taker_text(&doing->parts[0].taker, text);
}

/* Who had the processor instead, one a line. */
static void put_takers(struct output *out, size_t indent, const struct hunt_doing *doing)
{
	size_t count = num_told_parts(doing);
	char who[TAKER_SIZE];

	if (doing->kind != HUNT_NO_CPU || only_taker(doing, who) ||
	    (count == 1 && !taker_text(&doing->parts[0].taker, who)))
		return;
	for (size_t i = 0; i < count; i++) {
		const struct hunt_part *part = &doing->parts[i];
		char text[TEXT_SIZE], amount[HUNT_AMOUNT_SIZE];

		snprintf(text, sizeof(text), "meanwhile %.0f %% %s: %s", 100 * part->share,
			 hunt_amount(amount, (uint64_t)(part->share * (double)doing->ns)),
			 taker_text(&part->taker, who) ?: "others");
		hunt_line_put(out, &(struct hunt_line){.indent = indent, .before = text});
	}
}

/* What was called where it waited, unless the kind says as much. */
static bool is_callee_told(const struct hunt_doing *doing)
{
	const struct name *callee = doing->callee;

	if (!callee || is_anywhere(doing->kind) || text_starts_with(callee->text, "runtime."))
		return false;
	return doing->kind != HUNT_WAIT || !(text_starts_with(callee->text, "sync.") ||
					     strcmp(callee->text, "time.Sleep") == 0);
}

static bool has_frame(const struct hunt_doing *doing, const char *function)
{
	for (size_t i = 0; i < doing->num_frames; i++) {
		const struct name *name = doing->frames[i].place.function;

		if (name && strcmp(name->text, function) == 0)
			return true;
	}
	return false;
}

/* What it waited for, if most would think of something else. NULL: no more is known than the kind says. The functions
 * are in src/internal/poll/fd_poll_runtime.go and src/net/fd_unix.go. */
static const char *purpose_of(const struct hunt_doing *doing)
{
	if (doing->kind != HUNT_WAIT || !has_frame(doing, "internal/poll.(*pollDesc).waitWrite"))
		return doing->slept_in;
	return has_frame(doing, "net.(*netFD).connect") ? "to connect" : "to write";
}

/* Who reads one line alone must not look for the reason elsewhere. `text` is "" if that was not most of the time. */
static void put_quota(const struct hunt_doing *doing, char text[TAKER_SIZE])
{
	text[0] = '\0';
	if (doing->quota_share >= 0.5)
		snprintf(text, TAKER_SIZE, " (%.0f %% for want of CPU quota)",
			 100 * doing->quota_share);
}

void hunt_doing_put(struct output *out, size_t indent, const char *before,
		    const struct hunt_doing *doing, bool is_bold)
{
	const struct hunt_part only = {.share = 1, .callee = doing->callee};
	char object[HUNT_OBJECT_SIZE];
	const char *purpose = purpose_of(doing);
	char then[TEXT_SIZE], who[TAKER_SIZE], quota[TAKER_SIZE];
	const char *taker = only_taker(doing, who);
	struct hunt_line line = {
		.indent = indent,
		.before = before,
		.name = doing->kind == HUNT_CPU ? "CPU" : doing->kind_name,
		.then = then,
		.place = has_place(doing) ? &doing->own : NULL,
		.is_bold = is_bold,
		.behind = hunt_objects_only(doing, object),
		.may_break = true,
	};

	put_quota(doing, quota);
	snprintf(then, sizeof(then), "%s%s%s%s%s%s%s", purpose ? " (" : "", purpose ?: "",
		 purpose ? ")" : "", taker ? ": " : "", taker ?: "", taker ? "" : quota,
		 word_of_place(doing));
	if (doing->num_parts && doing->parts[0].callee) {
		line.callees = doing->parts;
		line.num_callees = num_told_parts(doing);
	} else if (is_callee_told(doing)) {
		line.callees = &only;
		line.num_callees = 1;
	}
	hunt_line_put(out, &line);
}

/* The collector's own goroutines are named by what they are. */
static bool is_collector(const struct place *place)
{
	return place->function && text_starts_with(place->function->text, "runtime.gc");
}

static void put_waker(struct output *out, size_t indent, const struct hunt_doing *doing)
{
	char text[TEXT_SIZE];
	struct hunt_line line = {.indent = indent, .before = text};

	if (!doing->by_goid)
		return;
	if (doing->behind) {
		snprintf(text, sizeof(text), "behind %s that waited for the same",
			 text_counted(doing->behind, "other", "others").text);
		hunt_line_put(out, &line);
	}
	if (is_collector(&doing->by)) {
		snprintf(text, sizeof(text), "woken by the garbage collector");
		hunt_line_put(out, &line);
		return;
	}
	snprintf(text, sizeof(text), "%s by goroutine %" PRIu64 "%s%s",
		 doing->by_holder ? "may be held" : "woken", doing->by_goid,
		 doing->by_several ? " and others" : "", doing->by.function ? " in " : "");
	line.place = doing->by.function ? &doing->by : NULL;
	line.may_break = true;
	hunt_line_put(out, &line);
}

void hunt_doing_put_meanwhile(struct output *out, size_t indent, const struct hunt_doing *doing)
{
	size_t shown = 0;

	hunt_objects_put(out, indent, doing);
	put_waker(out, indent, doing);
	put_takers(out, indent + 2, doing);
	for (size_t i = 0; i < doing->num_meanwhile && shown < MAX_MEANWHILE; i++) {
		const struct hunt_doing *one = &doing->meanwhile[i];
		char before[TEXT_SIZE], amount[HUNT_AMOUNT_SIZE];

		if (one->share < LEAST_MEANWHILE)
			continue;
		snprintf(before, sizeof(before), "meanwhile %.0f %% %s: ", 100 * one->share,
			 hunt_amount(amount, one->ns));
		hunt_doing_put(out, indent + 2, before, one, false);
		hunt_doing_put_meanwhile(out, indent + 4, one);
		shown++;
	}
}
