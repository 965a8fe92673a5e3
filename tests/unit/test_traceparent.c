/* SPDX-License-Identifier: MIT */
/* test_traceparent.c - what the BPF programs find in the header of a request (bpf/traceparent.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "kernel_fetch.h"

#define GOOD   "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01"
#define KEY    "Traceparent"
#define GROUPS 4
#define SLOTS  8

struct text {
	const char *address;
	uint64_t length;
};

struct slice {
	const void *address;
	uint64_t length, capacity;
};

/* Go's, of string and []string: src/internal/runtime/maps. */
struct swiss_group {
	uint64_t control;
	struct {
		struct text key;
		struct slice elem;
	} slots[SLOTS];
};

struct swiss {
	uint64_t used, seed;
	const void *directory;
	uint64_t length;
};

struct table {
	uint64_t unused[2];
	const struct swiss_group *groups;
	uint64_t mask;
};

/* src/runtime/map.go */
struct bucket {
	uint8_t hashes[SLOTS];
	struct text keys[SLOTS];
	struct slice elems[SLOTS];
	const struct bucket *overflow;
};

struct hmap {
	uint64_t count;
	uint8_t flags, b;
	uint16_t overflows;
	uint32_t seed;
	const struct bucket *buckets;
	uint64_t behind;
};

static const struct trace_headers swiss_headers = {
	true, offsetof(struct swiss_group, slots[0].key),
	40,   offsetof(struct swiss_group, slots[0].elem),
	40,   sizeof(struct swiss_group)};
static const struct trace_headers bucket_headers = {false, offsetof(struct bucket, keys),
						    16,    offsetof(struct bucket, elems),
						    24,    offsetof(struct bucket, overflow)};

static bool find(const struct trace_headers *headers, const void *map, struct trace_ids *ids)
{
	return kernel_traceparent(headers, (uintptr_t)map, &(struct kernel_thread){}, ids);
}

/* Of a header with these `count` values. */
static bool find_values(const struct text *values, size_t count, struct trace_ids *ids)
{
	struct swiss_group group = {
		.slots[3] = {.key = {KEY, strlen(KEY)}, .elem = {values, count, count}}};
	struct swiss map = {.used = 1, .directory = &group};

	return find(&swiss_headers, &map, ids);
}

static bool find_text(const char *text)
{
	struct trace_ids ids;

	return find_values(&(struct text){text, strlen(text)}, 1, &ids);
}

static void test_text(void **state)
{
	static const uint8_t trace_id[] = {0x4b, 0xf9, 0x2f, 0x35, 0x77, 0xb3, 0x4d, 0xa6,
					   0xa3, 0xce, 0x92, 0x9d, 0x0e, 0x0e, 0x47, 0x36};
	static const uint8_t span_id[] = {0x00, 0xf0, 0x67, 0xaa, 0x0b, 0xa9, 0x02, 0xb7};
	struct text good = {GOOD, strlen(GOOD)}, two[] = {good, good};
	struct trace_ids ids;

	assert_true(find_values(&good, 1, &ids));
	assert_memory_equal(ids.trace_id, trace_id, sizeof(trace_id));
	assert_memory_equal(ids.span_id, span_id, sizeof(span_id));
	assert_false(find_values(two, 2, &ids));
	assert_false(find_values(two, 0, &ids));
	assert_false(find_text(GOOD "-00"));
}

/* Each of its bytes, whatever it is: W3C Trace Context has digits and small letters alone. */
static void test_bytes(void **state)
{
	char text[] = GOOD;

	for (size_t i = 0; i < strlen(GOOD); i++) {
		bool is_dash = text[i] == '-';

		for (int c = 0; c < 256; c++) {
			bool is_digit = c && strchr("0123456789abcdef", c);
			struct text one = {text, strlen(GOOD)};
			struct trace_ids ids;

			text[i] = (char)c;
			assert_int_equal(find_values(&one, 1, &ids), is_dash ? c == '-' : is_digit);
		}
		text[i] = GOOD[i];
	}
}

static void test_versions(void **state)
{
	char text[64] = GOOD;

	memcpy(text, "fe", 2);
	assert_true(find_text(text));
	strcat(text, "-");
	assert_true(find_text(text));
	strcat(text, "more");
	assert_true(find_text(text));
	text[strlen(GOOD)] = '.';
	assert_false(find_text(text));
	strcpy(text, GOOD);
	memcpy(text, "ff", 2);
	assert_false(find_text(text));
	for (size_t length = 0; length < strlen(GOOD); length++) {
		struct text shorter = {GOOD, length};
		struct trace_ids ids;

		assert_false(find_values(&shorter, 1, &ids));
	}
}

/* In each slot of each group; others have keys that are nearly the same. */
static void test_swiss(void **state)
{
	static const char *const others[] = {"Traceparenu", "Sraceparent", "Traceparen",
					     "Traceparents"};
	struct text good = {GOOD, strlen(GOOD)};
	struct swiss_group groups[GROUPS];
	struct table table = {.groups = groups, .mask = GROUPS - 1}, *tables[] = {&table};
	struct swiss map = {.used = 1, .directory = tables, .length = 1};
	struct trace_ids ids;

	for (int at = 0; at < GROUPS * SLOTS; at++) {
		for (int i = 0; i < GROUPS * SLOTS; i++) {
			const char *key = i == at ? KEY : others[i % 4];

			groups[i / SLOTS].slots[i % SLOTS].key = (struct text){key, strlen(key)};
			groups[i / SLOTS].slots[i % SLOTS].elem = (struct slice){&good, i == at, 9};
		}
		assert_true(find(&swiss_headers, &map, &ids));
		map.used = 0;
		assert_false(find(&swiss_headers, &map, &ids));
		map.used = 1;
		table.mask = (uint64_t)at / SLOTS;
		assert_true(find(&swiss_headers, &map, &ids));
		if (at >= SLOTS) {
			table.mask--;
			assert_false(find(&swiss_headers, &map, &ids));
		}
		table.mask = GROUPS - 1;
	}
}

/* In buckets, and in those that they overflow into. */
static void test_buckets(void **state)
{
	struct text good = {GOOD, strlen(GOOD)};
	struct trace_ids ids;

	for (int at = 0; at < 2 * GROUPS * SLOTS; at++) {
		struct bucket buckets[GROUPS] = {}, more[GROUPS] = {}, *bucket;
		struct hmap map = {.count = 1, .b = 2, .buckets = buckets};

		for (int i = 0; i < GROUPS; i++)
			buckets[i].overflow = &more[i];
		bucket = at < GROUPS * SLOTS ? &buckets[at / SLOTS] : &more[at / SLOTS - GROUPS];
		bucket->keys[at % SLOTS] = (struct text){KEY, strlen(KEY)};
		bucket->elems[at % SLOTS] = (struct slice){&good, 1, 1};
		assert_true(find(&bucket_headers, &map, &ids));
		map.count = 0;
		assert_false(find(&bucket_headers, &map, &ids));
	}
}

/* Groups without end, and counts that are none. */
static void test_hostile(void **state)
{
	struct bucket bucket = {.overflow = &bucket};
	struct hmap map = {.count = 1, .b = 255, .buckets = &bucket};
	struct trace_ids ids;

	assert_false(find(&bucket_headers, &map, &ids));
	assert_false(find(&swiss_headers, NULL, &ids));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),     cmocka_unit_test(test_bytes),
		cmocka_unit_test(test_versions), cmocka_unit_test(test_swiss),
		cmocka_unit_test(test_buckets),  cmocka_unit_test(test_hostile),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
