/* SPDX-License-Identifier: MIT */
/*
 * fuzz_traceparent.c - any memory as the header of a request, and any text as its `traceparent`; the same of labels.
 *
 * The kernel's search ends, and what it takes a text for, another parser does.
 */
#include <stdio.h>
#include <string.h>

#include "../unit/kernel_fetch.h"
#include "must.h"
#include "values/trace_ids.h"

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
	for (size_t i = 0; i < size; i++)
		if (!memchr("0123456789abcdef", text[i], 16))
			return false;
	return true;
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

/* Of one list of values, which has nothing but labels. */
static void tell(struct value_list *list, const void *labels, size_t count,
		 const struct kernel_thread *thread, union kernel_room *room,
		 struct trace_told *told)
{
	*list = (struct value_list){};
	must(value_list_add_id_labels(list));
	memset(room, 0xee, sizeof(*room));
	room->head.size = list->fetch.size;
	room->head.states[list->fetch.id_labels_value] =
		kernel_id_labels(labels, count, thread, room->head.bytes + list->fetch.id_labels_at)
			? VALUE_WHOLE
			: VALUE_UNKNOWN;
	trace_read(list, &room->head, told);
	for (size_t i = 0; i < told->num_labels; i++)
		must(told->labels[i].value.size <= ID_LABEL_TRACE_SIZE);
}

static void search_labels(const uint8_t *data, size_t size)
{
	static union kernel_room room;
	struct memory memory = {data, size, 0};
	struct value_list list;
	struct trace_told told;

	tell(&list, data, size, &(struct kernel_thread){.read = read_memory, .context = &memory},
	     &room, &told);
	must(memory.num_reads < 200);
}

static void parse_label(const uint8_t *data, size_t size)
{
	static union kernel_room room;
	const char *text = (const char *)data;
	const void *label[] = {"traceparent", (void *)11, text, (void *)size};
	struct value_list list;
	struct trace_told told;
	bool is_valid;

	tell(&list, label, 1, &(struct kernel_thread){}, &room, &told);
	is_valid = size == 55 && is_right(text, size) && !memcmp(text, "00", 2) &&
		   strspn(text + 3, "0") < 32 && strspn(text + 36, "0") < 16;
	must(!is_valid || (told.has_trace && told.has_span));
	must(is_valid || !told.has_trace || size == 55);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	search_labels(data, size);
	parse_label(data, size);
	search(data, size, true);
	search(data, size, false);
	parse(data, size);
	return 0;
}
