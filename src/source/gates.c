/* SPDX-License-Identifier: MIT */
/* gates.c - goroutines inside targets, as the BPF programs know them; see gates.h. */
#include "source/gates.h"

#include <stdlib.h>
#include <bpf/bpf.h>

/* Out of memory makes HASH_ADD fail; it never ends the process. */
#define HASH_NONFATAL_OOM	 1
#define uthash_nonfatal_oom(obj) ((obj)->in_table = false)
#include <uthash.h>

#define WALK_EVERY_NS 1000000000ull

/* Of a thread without a goroutine the key has the thread's id; see bpf/who.h. */
#define IS_THREAD (1ull << 63)

struct ended_program {
	uint32_t pid;
	UT_hash_handle hh;
	bool in_table;
	uint64_t first_alive; /* gate.program: earlier ones under this pid are gone */
};

/* Programs of one pid are numbered in order of beginning: current_program() in bpf/gate.h. */
static uint64_t first_alive(const struct record_process *end)
{
	return end->program + (end->header.kind != RECORD_EXEC);
}

static struct ended_program *find(const struct gates *gates, uint32_t pid)
{
	struct ended_program *program;

	HASH_FIND(hh, gates->ended, &pid, sizeof(pid), program);
	return program;
}

static void forget_programs(struct gates *gates)
{
	struct ended_program *program, *next;

	HASH_ITER (hh, gates->ended, program, next) {
		HASH_DEL(gates->ended, program);
		free(program);
	}
}

void gates_note_end(struct gates *gates, const struct record_process *end)
{
	struct ended_program *program = find(gates, end->header.pid);

	if (program) {
		program->first_alive = first_alive(end);
		return;
	}
	program = calloc(1, sizeof(*program));
	if (!program)
		return; /* what it left behind stays */
	program->pid = end->header.pid;
	program->first_alive = first_alive(end);
	program->in_table = true;
	HASH_ADD(hh, gates->ended, pid, sizeof(program->pid), program);
	if (!program->in_table)
		free(program);
}

bool gates_take(struct gates *gates, const struct record_process *end, uint64_t goid, uint32_t tid,
		uint32_t *lost)
{
	struct goroutine_key key = {.goid = goid ? goid : IS_THREAD | tid, .pid = end->header.pid};
	struct gate gate;

	*lost = 0;
	if (bpf_map_lookup_elem(gates->fd, &key, &gate) ||
	    gate.program >= first_alive(end))
		return false;
	bpf_map_delete_elem(gates->fd, &key);
	*lost = gate.lost;
	return gate.ended;
}

static void delete_if_gone(struct gates *gates, const struct goroutine_key *key)
{
	const struct ended_program *program = find(gates, (uint32_t)key->pid);
	struct gate gate;

	if (program && !bpf_map_lookup_elem(gates->fd, key, &gate) &&
	    gate.program < program->first_alive)
		bpf_map_delete_elem(gates->fd, key);
}

static void walk(struct gates *gates)
{
	struct goroutine_key key, next, *previous = NULL;

	/* Without its key a walk starts anew: delete one when its successor is known. */
	while (bpf_map_get_next_key(gates->fd, previous, &next) == 0) {
		if (previous)
			delete_if_gone(gates, &key);
		key = next;
		previous = &key;
	}
	if (previous)
		delete_if_gone(gates, &key);
}

void gates_sweep(struct gates *gates, uint64_t num_lost, uint64_t now_ns)
{
	if (!gates->ended || now_ns - gates->walked_ns < WALK_EVERY_NS)
		return;
	gates->walked_ns = now_ns;
	if (num_lost)
		walk(gates);
	forget_programs(gates);
}

void gates_visit_losses(const struct gates *gates,
			void (*visit)(void *context, const struct gate_loss *loss), void *context)
{
	struct goroutine_key key, *previous = NULL;
	struct gate gate;

	while (bpf_map_get_next_key(gates->fd, previous, &key) == 0) {
		if (!bpf_map_lookup_elem(gates->fd, &key, &gate) &&
		    (gate.ended || gate.lost)) {
			bool is_thread = key.goid & IS_THREAD;
			visit(context, &(struct gate_loss){.pid = (uint32_t)key.pid,
							   .goid = is_thread ? 0 : key.goid,
							   .tid = is_thread ? (uint32_t)key.goid : 0,
							   .lost = gate.lost,
							   .ended = gate.ended});
		}
		previous = &key;
	}
}

void gates_destroy(struct gates *gates)
{
	forget_programs(gates);
}
