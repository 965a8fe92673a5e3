/* SPDX-License-Identifier: MIT */
/*
 * fuzz_traceparent.c - any memory as the header of a request, and any text as its `traceparent`.
 *
 * The kernel's search ends, and what it takes a text for, another parser does.
 */
#include <stdio.h>
#include <string.h>

#include "../unit/kernel_fetch.h"
#include "must.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Addresses are places in the input, again and again. */
struct memory {
	const uint8_t *data;
	size_t size, num_reads;
};

static bool read_memory(void *context, void *to, size_t size, uint64_t from)
{
	struct memory *memory = context;

	memory->num_reads++;
	if (!memory->size || from % 251 == 0)
		return false;
	for (size_t i = 0; i < size; i++)
		((uint8_t *)to)[i] = memory->data[(from + i) % memory->size];
	return true;
}

static void search(const uint8_t *data, size_t size, bool is_swiss)
{
	struct memory memory = {data, size, 0};
	struct kernel_thread thread = {.read = read_memory, .context = &memory};
	struct trace_headers headers = {is_swiss, 8, 40, 24, 40, 328};
	struct trace_ids ids;

	kernel_traceparent(&headers, 1, &thread, &ids);
	must(memory.num_reads < 1000);
}

struct entry {
	uint64_t control;
	struct {
		const void *address;
		uint64_t length;
	} key, elem, value;
	uint64_t rest[36];
};

static bool is_hex(const char *text, size_t size)
{
	return strspn(text, "0123456789abcdef") >= size;
}

static bool is_right(const char *text, size_t size)
{
	if (size < 55 || !is_hex(text, 2) || !is_hex(text + 3, 32) || !is_hex(text + 36, 16) ||
	    !is_hex(text + 53, 2) || text[2] != '-' || text[35] != '-' || text[52] != '-')
		return false;
	return memcmp(text, "ff", 2) && (size == 55 || (memcmp(text, "00", 2) && text[55] == '-'));
}

static void parse(const uint8_t *data, size_t size)
{
	struct trace_headers headers = {true, 8, 40, 24, 40, 328};
	char text[80] = {}, again[80];
	struct entry entry = {
		.key = {"Traceparent", 11}, .elem = {&entry.value, 1}, .value = {text, 0}};
	uint64_t map[] = {1, 0, (uintptr_t)&entry, 0};
	struct trace_ids ids;
	bool is_found;
	int at = 3;

	entry.value.length = size < sizeof(text) - 1 ? size : sizeof(text) - 1;
	memcpy(text, data, entry.value.length);
	is_found = kernel_traceparent(&headers, (uintptr_t)map, &(struct kernel_thread){}, &ids);
	must(is_found == is_right(text, entry.value.length));
	if (!is_found)
		return;
	for (size_t i = 0; i < sizeof(ids.trace_id); i++)
		at += sprintf(again + at, "%02x", ids.trace_id[i]);
	again[at++] = '-';
	for (size_t i = 0; i < sizeof(ids.span_id); i++)
		at += sprintf(again + at, "%02x", ids.span_id[i]);
	must(!memcmp(text + 3, again + 3, (size_t)at - 3));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	search(data, size, true);
	search(data, size, false);
	parse(data, size);
	return 0;
}
