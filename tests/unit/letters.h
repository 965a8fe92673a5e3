/* SPDX-License-Identifier: MIT */
/*
 * letters.h - for tests of call trees: functions that are letters, in records and in what is made of them.
 *
 * Function 0 is "a", its entry is site 0, its exit site 1; function 1 is "b", and so on. A call is written
 * "a(" where it begins, and where it ends ")" with a letter behind it if it was no return: T tail call,
 * P panic, G goexit, X process exit, R running, L lost, V left, O taken off; then "?" if it is incomplete.
 */
#ifndef GOFUNCGRAPH_TESTS_LETTERS_H
#define GOFUNCGRAPH_TESTS_LETTERS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "feed_trees.h"
#include "gofuncgraph/calltree.h"

#define PID 100

/* ---- records ---- */

#pragma GCC diagnostic ignored "-Woverride-init"
#ifdef __clang__
#pragma GCC diagnostic ignored "-Winitializer-overrides"
#endif

/* Of struct facts. */
#define ENTRY_OF(func_, frame_)                                                                    \
	.kind = RECORD_ENTRY, .site = (uint32_t)((func_) - 'a') * 2, .frame = (frame_),            \
	.caller_va = 7
#define RETURN_OF(func_, frame_)                                                                   \
	.kind = RECORD_RETURN, .site = (uint32_t)((func_) - 'a') * 2 + 1, .frame = (frame_)
#define OPENS  .flags = RECORD_OPENS_TREE
#define CLOSES .flags = RECORD_CLOSES_TREE

/* Of process PID and one thread, unless the event says so. */
static inline void feed_letters(struct calltree *trees, struct facts event)
{
	event.pid = event.pid ?: PID;
	event.tid = event.tid ?: PID + 1;
	feed_facts(trees, event);
}

static inline uint32_t func_of_site(void *context, uint32_t site)
{
	assert_int_not_equal(site, CALLTREE_NO_SITE);
	return site / 2;
}

/* ---- text ---- */

/* Behind what is in `text`, which has room for `size` bytes. */
__attribute__((format(printf, 3, 0))) static inline void
append_list(char *text, size_t size, const char *format, va_list args)
{
	size_t used = strlen(text);
	int length = vsnprintf(text + used, size - used, format, args);

	assert_true(length >= 0 && used + (size_t)length < size);
}

__attribute__((format(printf, 3, 4))) static inline void append(char *text, size_t size,
								const char *format, ...)
{
	va_list args;

	va_start(args, format);
	append_list(text, size, format, args);
	va_end(args);
}

/* "s": a function that has no site. */
static inline char letter_of(const struct call *call)
{
	return call->entry_site == CALLTREE_NO_SITE ? 's' : (char)('a' + call->entry_site / 2);
}

static inline void append_end(char *text, size_t size, const struct call *call)
{
	static const char ends[] = "?.TPGXRLVO";

	append(text, size, ")%.*s%s", call->end != CALL_RETURN, &ends[call->end],
	       call->incomplete ? "?" : "");
}

#endif
