/* SPDX-License-Identifier: MIT */
/* window.c - which part of a recording; see window.h. */
#include "recording/window.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "base/text.h"

#define NS_PER_S 1000000000ull
#define MAX_DAYS 31 /* from a day of the month to the next one of that number */

/* ---- as users write it ---- */

/* Up to nine digits behind the point. False: it is none. */
static bool parse_fraction(const char *text, uint64_t *ns)
{
	uint64_t unit = NS_PER_S;

	*ns = 0;
	for (; *text >= '0' && *text <= '9' && unit > 1; text++) {
		unit /= 10;
		*ns += (uint64_t)(*text - '0') * unit;
	}
	return !*text && unit < NS_PER_S;
}

/* "15:48", "15:48:05", "15:48:05.25" */
static bool parse_clock(const char *text, uint64_t *ns)
{
	unsigned hour, minute, second = 0;
	int end = 0, end_of_second = 0;
	uint64_t fraction = 0;

	if (strspn(text, "0123456789:.") != strlen(text) ||
	    sscanf(text, "%2u:%2u%n:%2u%n", &hour, &minute, &end, &second, &end_of_second) < 2)
		return false;
	if (end_of_second)
		end = end_of_second;
	if (end_of_second && text[end] == '.') {
		if (!parse_fraction(text + end + 1, &fraction))
			return false;
	} else if (text[end]) {
		return false;
	}
	*ns = ((hour * 60ull + minute) * 60 + second) * NS_PER_S + fraction;
	return hour < 24 && minute < 60 && second < 60;
}

struct error *window_time_parse(const char *text, struct window_time *time)
{
	const char *space = strchr(text, ' ');
	uint64_t day = 0;
	struct error *err = NULL;

	*time = (struct window_time){.from = WINDOW_CLOCK};
	if (*text == '+' || *text == '-') {
		time->from = *text == '+' ? WINDOW_BEGIN : WINDOW_END;
		return text_parse_duration(text + 1, &time->ns);
	}
	if (space &&
	    (space == text || space - text > 2 || sscanf(text, "%2lu", &day) != 1 || !day ||
	     day > MAX_DAYS || strspn(text, "0123456789") != (size_t)(space - text)))
		err = error_new("'%s' has no day of a month before the time", text);
	else if (!parse_clock(space ? space + 1 : text, &time->ns))
		err = error_new(
			"'%s' is no time: 15:48:05, +2m30s from the beginning, or -30s from the end",
			text);
	time->day = (unsigned)day;
	return err;
}

/* ---- in a recording ---- */

/* By the wall clock. */
struct span {
	uint64_t first_ns, last_ns;
};

static uint64_t distance_of(uint64_t time_ns, const struct span *span)
{
	return time_ns < span->first_ns  ? span->first_ns - time_ns
	       : time_ns > span->last_ns ? time_ns - span->last_ns
					 : 0;
}

/* "Since midnight" is the one before, "until midnight" the one after, wherever the next one is. */
static bool leaves_all(uint64_t time_ns, const struct span *span, bool is_since)
{
	return is_since ? time_ns <= span->first_ns : time_ns >= span->last_ns;
}

/* So many days after that of `first`, in the time zone here. */
static uint64_t realtime_on(const struct window_time *time, const struct tm *first, int days,
			    unsigned *day)
{
	uint64_t seconds = time->ns / NS_PER_S;
	struct tm tm = {.tm_year = first->tm_year,
			.tm_mon = first->tm_mon,
			.tm_mday = first->tm_mday + days,
			.tm_hour = (int)(seconds / 3600),
			.tm_min = (int)(seconds / 60 % 60),
			.tm_sec = (int)(seconds % 60),
			.tm_isdst = -1};
	time_t at = mktime(&tm);

	*day = (unsigned)tm.tm_mday;
	return at < 0 ? 0 : (uint64_t)at * NS_PER_S + time->ns % NS_PER_S;
}

/* In the recording, if there is a day for that; else on the day it began, if it ended on that day and nothing is left
 * out so; else where it is nearest. */
static uint64_t find_clock(const struct window_time *time, const struct recording_index *index,
			   bool is_since)
{
	const struct span span = {event_clock_realtime_ns(&index->clock, index->first_ns),
				  event_clock_realtime_ns(&index->clock, index->last_ns)};
	int last_day = (int)((span.last_ns - span.first_ns) / NS_PER_S / 86400 % 36525) + MAX_DAYS;
	time_t begin = (time_t)(span.first_ns / NS_PER_S), end = (time_t)(span.last_ns / NS_PER_S);
	uint64_t best_ns = 0, best = UINT64_MAX;
	struct tm first, last;

	localtime_r(&begin, &first);
	localtime_r(&end, &last);
	for (int days = -MAX_DAYS; days <= last_day && best; days++) {
		unsigned day;
		uint64_t at_ns = realtime_on(time, &first, days, &day);
		uint64_t distance = distance_of(at_ns, &span);

		if (distance && !days && first.tm_yday == last.tm_yday &&
		    leaves_all(at_ns, &span, is_since))
			distance = 1;
		if ((time->day && day != time->day) || distance >= best)
			continue;
		best = distance;
		best_ns = at_ns;
	}
	return event_clock_event_ns(&index->clock, best_ns);
}

static uint64_t find(const struct window_time *time, const struct recording_index *index,
		     bool is_since)
{
	switch (time->from) {
	case WINDOW_BEGIN:
		return index->first_ns < UINT64_MAX - time->ns ? index->first_ns + time->ns
							       : UINT64_MAX;
	case WINDOW_END:
		return index->last_ns > time->ns ? index->last_ns - time->ns : 0;
	case WINDOW_CLOCK:
		return find_clock(time, index, is_since);
	default:
		return is_since ? 0 : UINT64_MAX;
	}
}

static void format_at(char text[TEXT_TIME_SIZE], const struct recording_index *index,
		      uint64_t time_ns)
{
	text[text_format_time(text, event_clock_realtime_ns(&index->clock, time_ns))] = 0;
}

static struct error *nothing(const struct recording_index *index, const char *path)
{
	char first[TEXT_TIME_SIZE], last[TEXT_TIME_SIZE];

	format_at(first, index, index->first_ns);
	format_at(last, index, index->last_ns);
	return error_new(
		"%s has nothing between --since and --until: it begins on the %s and ends on the %s",
		path, first, last);
}

struct error *window_find(const struct window_times *times, const struct recording_index *index,
			  const char *path, struct player_window *window)
{
	window->since_ns = find(&times->since, index, true);
	window->until_ns = find(&times->until, index, false);
	window->offset = recording_index_offset(index, window->since_ns);
	if (window->since_ns > index->last_ns || window->until_ns < index->first_ns ||
	    window->since_ns > window->until_ns)
		return nothing(index, path);
	/* What was before is not left out then, but was not there. */
	if (window->since_ns <= index->first_ns)
		window->since_ns = 0;
	return NULL;
}
