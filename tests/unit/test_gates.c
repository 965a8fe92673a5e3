/* SPDX-License-Identifier: MIT */
/*
 * test_gates.c - goroutines inside targets of programs that are gone: what is looked up, and how
 * often, in a map that is not the kernel's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <bpf/bpf.h>

#include "source/gates.h"

#define MAP_FD  77
#define MAX     100
#define SECOND  1000000000ull
#define PROGRAM 5000 /* number of the first program of each process */

static struct {
	struct gate_key key;
	struct gate value;
} entries[MAX];
static size_t num_entries;
static unsigned num_steps; /* of walks */

static uint32_t gates_count; /* as the BPF programs count them */

static uint64_t g_of(uint64_t goid)
{
	return 0xc000000000 + goid * 512;
}

static size_t find(const void *key)
{
	size_t i = 0;

	while (i < num_entries && memcmp(&entries[i].key, key, sizeof(entries[i].key)))
		i++;
	return i;
}

int __wrap_bpf_map_lookup_elem(int fd, const void *key, void *value);
int __wrap_bpf_map_delete_elem(int fd, const void *key);
int __wrap_bpf_map_lookup_batch(int fd, void *from, void *at, void *keys, void *values,
				uint32_t *count, const struct bpf_map_batch_opts *opts);

int __wrap_bpf_map_lookup_elem(int fd, const void *key, void *value)
{
	size_t at = find(key);

	assert_int_equal(fd, MAP_FD);
	if (at == num_entries)
		return -ENOENT;
	memcpy(value, &entries[at].value, sizeof(entries[at].value));
	return 0;
}

int __wrap_bpf_map_delete_elem(int fd, const void *key)
{
	size_t at = find(key);

	assert_int_equal(fd, MAP_FD);
	assert_true(at < num_entries);
	memmove(&entries[at], &entries[at + 1], (--num_entries - at) * sizeof(entries[0]));
	return 0;
}

/* At most 30 at once. As the kernel's, it goes on where it stopped although what came before was
 * deleted: this one from the end on. */
int __wrap_bpf_map_lookup_batch(int fd, void *from, void *at, void *keys, void *values,
				uint32_t *count, const struct bpf_map_batch_opts *opts)
{
	struct gate_key *key = keys;
	struct gate *gate = values;
	uint32_t left = (uint32_t)num_entries, i;

	assert_int_equal(fd, MAP_FD);
	if (from)
		memcpy(&left, from, sizeof(left));
	for (i = 0; left && i < *count && i < 30; i++, num_steps++) {
		key[i] = entries[--left].key;
		gate[i] = entries[left].value;
	}
	*count = i;
	memcpy(at, &left, sizeof(left));
	return left ? 0 : -ENOENT;
}

/* Of the goroutine's id, or THREAD_KEY | tid. */
static void add(uint64_t pid, uint64_t who, uint64_t program, uint32_t ended_with)
{
	bool is_thread = who & THREAD_KEY;

	assert_true(num_entries < MAX);
	entries[num_entries].key = (struct gate_key){.g = is_thread ? who : g_of(who), .pid = pid};
	entries[num_entries++].value = (struct gate){.goid = is_thread ? 0 : who,
						     .program = program,
						     .state = ended_with ? GATE_ENDED : GATE_OPEN,
						     .lost = ended_with};
	gates_count++;
}

static int setup(void **state)
{
	static struct gates gates;

	num_entries = num_steps = gates_count = 0;
	gates = (struct gates){.fd = MAP_FD, .count = &gates_count};
	*state = &gates;
	return 0;
}

static int teardown(void **state)
{
	gates_destroy(*state);
	return gates_count != num_entries;
}

static const struct record_process process_exit = {
	.header = {.kind = RECORD_PROCESS_EXIT, .pid = 1, .time_ns = 9}, .program = PROGRAM};
/* The number is that of the program that runs now. */
static const struct record_process exec = {.header = {.kind = RECORD_EXEC, .pid = 1, .time_ns = 9},
					   .program = PROGRAM + 1};

static void remember(void *context, const struct record *loss)
{
	char *text = context;

	assert_int_equal(loss->size, sizeof(*loss));
	assert_int_equal(loss->time_ns, 9);
	sprintf(text + strlen(text), "%u %llu %u: %u%s, ", loss->pid,
		(unsigned long long)loss->goid, loss->tid, loss->lost,
		loss->kind == RECORD_LOST_END ? " ended" : "");
}

/* What a program lost is told when it ends, and its gates go. */
static void test_take(void **state)
{
	char text[128] = "";

	add(1, 10, PROGRAM, 0);
	add(1, 11, PROGRAM, 3);
	add(1, THREAD_KEY | 12, PROGRAM, 4);
	add(1, 13, PROGRAM, 5);
	entries[3].value.state = GATE_OPEN;
	add(2, 10, PROGRAM, 5);
	add(1, 14, PROGRAM, 0);
	entries[5].value.state = GATE_SHUT;
	gates_take_losses(*state, &process_exit, remember, text);
	assert_string_equal(text, "1 13 0: 5, 1 0 12: 4 ended, 1 11 0: 3 ended, ");
	assert_int_equal(num_entries, 1);
	assert_int_equal(entries[0].key.pid, 2);
	gates_take_losses(*state, &process_exit, remember, text);
	assert_string_equal(text, "1 13 0: 5, 1 0 12: 4 ended, 1 11 0: 3 ended, ");
}

/* The pid is in use again. */
static void test_take_of_next_program(void **state)
{
	struct record_process distrusted = {
		.header = {.kind = RECORD_WRONG_GOID, .pid = 1, .time_ns = 9}, .program = PROGRAM};
	char text[128] = "";

	add(1, 10, PROGRAM + 1, 3);
	gates_take_losses(*state, &process_exit, remember, text);
	gates_take_losses(*state, &exec, remember, text);
	assert_int_equal(num_entries, 1);
	/* This one goes on, but is not traced any more. */
	gates_take_losses(*state, &distrusted, remember, text);
	assert_string_equal(text, "");
	entries[0].value.program = PROGRAM;
	gates_take_losses(*state, &distrusted, remember, text);
	add(1, 10, PROGRAM, 3);
	gates_take_losses(*state, &exec, remember, text);
	assert_string_equal(text, "1 10 0: 3 ended, 1 10 0: 3 ended, ");
	assert_int_equal(num_entries, 0);
}

/* Many programs end: one walk is for all of them. */
static void test_sweep(void **state)
{
	struct gates *gates = *state;
	struct record_process end = process_exit;

	for (uint32_t pid = 1; pid <= 50; pid++) {
		add(pid, 10, PROGRAM, pid % 2);
		add(pid, 11, PROGRAM + 1, pid % 2);
	}
	gates_sweep(gates, SECOND);
	assert_int_equal(num_steps, 0);
	for (end.header.pid = 1; end.header.pid <= 40; end.header.pid++)
		gates_note_end(gates, &end);
	gates_sweep(gates, SECOND);
	assert_int_equal(num_steps, 100);
	assert_int_equal(num_entries, 60);
	for (size_t i = 0; i < num_entries; i++)
		assert_true(entries[i].value.goid == 11 || entries[i].key.pid > 40);
	/* They are told once. */
	gates_sweep(gates, 3 * SECOND);
	assert_int_equal(num_steps, 100);
	assert_int_equal(gates->ended.count, 0);
	/* It ends once more. */
	end.header.pid = 1;
	end.program = PROGRAM + 1;
	gates_note_end(gates, &process_exit);
	gates_note_end(gates, &end);
	gates_sweep(gates, 5 * SECOND);
	assert_int_equal(num_steps, 160);
	assert_int_equal(num_entries, 59);
}

/* After a walk of many there is a rest. */
static void test_rest(void **state)
{
	struct gates *gates = *state;

	for (uint32_t pid = 2; pid <= 50; pid++)
		add(pid, 10, PROGRAM, 0);
	gates_note_end(gates, &process_exit);
	gates_sweep(gates, SECOND);
	assert_int_equal(num_steps, 49);
	gates_note_end(gates, &process_exit);
	gates_sweep(gates, SECOND + 1000);
	assert_int_equal(num_steps, 49);
	gates_sweep(gates, 2 * SECOND);
	assert_int_equal(num_steps, 98);
}

/* At the end of tracing they stay. */
static void test_losses(void **state)
{
	char text[128] = "";

	add(1, 10, PROGRAM, 0);
	add(1, 11, PROGRAM, 3);
	add(2, THREAD_KEY | 12, PROGRAM, 4);
	add(2, 13, PROGRAM, 5);
	entries[3].value.state = GATE_OPEN;
	gates_visit_losses(*state, 9, remember, text);
	assert_string_equal(text, "2 13 0: 5, 2 0 12: 4 ended, 1 11 0: 3 ended, ");
	assert_int_equal(num_entries, 4);
}

int main(void)
{
#define TEST(name) cmocka_unit_test_setup_teardown(name, setup, teardown)
	const struct CMUnitTest tests[] = {
		TEST(test_take),   TEST(test_take_of_next_program),
		TEST(test_sweep),  TEST(test_rest),
		TEST(test_losses),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
