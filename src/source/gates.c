/* SPDX-License-Identifier: MIT */
/* gates.c - goroutines inside targets, as the BPF programs know them; see gates.h. */
#include "source/gates.h"

#include <errno.h>
#include <stdlib.h>
#include <bpf/bpf.h>

#include "base/cleanup.h"

/* After a walk, for each gate that was there: it takes a tenth of that or so. */
#define REST_NS 2000

struct ended_program {
	struct hash_key pid;
	uint64_t first_alive; /* gate.program: earlier ones under this pid are gone */
};

uint64_t gates_first_alive(const struct record_process *end)
{
	return end->program + (end->header.kind != RECORD_EXEC);
}

static struct ended_program *find(const struct gates *gates, uint32_t pid)
{
	return hash_find(&gates->ended, (struct hash_key){.first = pid});
}

void gates_note_end(struct gates *gates, const struct record_process *end)
{
	struct ended_program *program = find(gates, end->header.pid);

	if (program) {
		program->first_alive = gates_first_alive(end);
		return;
	}
	program = calloc(1, sizeof(*program));
	if (!program)
		return; /* what it left behind stays */
	program->pid = (struct hash_key){.first = end->header.pid};
	program->first_alive = gates_first_alive(end);
	if (!hash_add(&gates->ended, &program->pid))
		free(program);
}

/* ---- walks ---- */

#define BATCH 4096

/* What is read of the map at once. */
struct batch {
	struct gate_key keys[BATCH];
	struct gate gates[BATCH];
};

typedef void (*gate_visitor)(struct gates *gates, const struct gate_key *key,
			     const struct gate *gate, void *context);

/* Each gate; the visitor may take that one out. What it cannot be read for, or there is no memory
 * for, stays as it is. */
static void walk(struct gates *gates, gate_visitor visit, void *context)
{
	_cleanup_free_ struct batch *batch = malloc(sizeof(*batch));
	uint32_t at, *from = NULL, count;
	int failed = 0;

	while (batch && !failed) {
		count = BATCH;
		failed = bpf_map_lookup_batch(gates->fd, from, &at, batch->keys, batch->gates,
					      &count, NULL);
		if (failed && failed != -ENOENT)
			return;
		for (uint32_t i = 0; i < count; i++)
			visit(gates, &batch->keys[i], &batch->gates[i], context);
		from = &at;
	}
}

static bool take_out(struct gates *gates, const struct gate_key *key)
{
	if (bpf_map_delete_elem(gates->fd, key))
		return false;
	__atomic_fetch_sub(gates->count, 1, __ATOMIC_RELAXED);
	return true;
}

/* Takes it out, as it is now: another program may have it since the map was read. */
static bool take_if_gone(struct gates *gates, const struct gate_key *key, uint64_t first_alive_now,
			 struct gate *now)
{
	return !bpf_map_lookup_elem(gates->fd, key, now) && now->program < first_alive_now &&
	       take_out(gates, key);
}

/* ---- losses ---- */

struct teller {
	void (*tell)(void *context, const struct record *loss);
	void *context;
	uint64_t time_ns;
	uint32_t pid; /* 0: of all processes */
	uint64_t first_alive; /* with pid: programs before that one */
};

static void tell_loss(const struct teller *teller, const struct gate_key *key,
		      const struct gate *gate)
{
	bool is_thread = key->g & THREAD_KEY, has_ended = gate->state == GATE_ENDED;
	struct record loss = {.kind = has_ended ? RECORD_LOST_END : RECORD_LOST,
			      .size = sizeof(loss),
			      .lost = gate->lost,
			      .time_ns = teller->time_ns,
			      .goid = gate->goid,
			      .pid = (uint32_t)key->pid,
			      .tid = is_thread ? (uint32_t)key->g : 0};

	if (has_ended || gate->lost)
		teller->tell(teller->context, &loss);
}

static void take_loss(struct gates *gates, const struct gate_key *key, const struct gate *gate,
		      void *context)
{
	const struct teller *teller = context;
	struct gate now;

	if (key->pid == teller->pid && gate->program < teller->first_alive &&
	    take_if_gone(gates, key, teller->first_alive, &now))
		tell_loss(teller, key, &now);
}

void gates_take_losses(struct gates *gates, const struct record_process *end,
		       void (*tell)(void *context, const struct record *loss), void *context)
{
	struct teller teller = {.tell = tell,
				.context = context,
				.time_ns = end->header.time_ns,
				.pid = end->header.pid,
				.first_alive = gates_first_alive(end)};

	walk(gates, take_loss, &teller);
}

static void visit_loss(struct gates *gates, const struct gate_key *key, const struct gate *gate,
		       void *context)
{
	tell_loss(context, key, gate);
}

void gates_visit_losses(struct gates *gates, uint64_t time_ns,
			void (*tell)(void *context, const struct record *loss), void *context)
{
	struct teller teller = {.tell = tell, .context = context, .time_ns = time_ns};

	walk(gates, visit_loss, &teller);
}

/* ---- who is inside ---- */

struct visitor {
	void (*visit)(void *context, const struct gate_key *key, uint64_t goid);
	void *context;
};

static void visit_if_open(struct gates *gates, const struct gate_key *key, const struct gate *gate,
			  void *context)
{
	const struct visitor *visitor = context;

	if (gate->state == GATE_OPEN && gate->goid)
		visitor->visit(visitor->context, key, gate->goid);
}

void gates_visit_open(struct gates *gates,
		      void (*visit)(void *context, const struct gate_key *key, uint64_t goid),
		      void *context)
{
	struct visitor visitor = {visit, context};

	walk(gates, visit_if_open, &visitor);
}

/* ---- sweeping ---- */

static void delete_if_gone(struct gates *gates, const struct gate_key *key, const struct gate *gate,
			   void *context)
{
	const struct ended_program *program = find(gates, (uint32_t)key->pid);
	uint64_t *num_gates = context;
	struct gate now;

	++*num_gates;
	if (program && gate->program < program->first_alive)
		take_if_gone(gates, key, program->first_alive, &now);
}

void gates_sweep(struct gates *gates, uint64_t now_ns)
{
	uint64_t num_gates = 0;

	if (!gates->ended.count || now_ns < gates->next_walk_ns)
		return;
	walk(gates, delete_if_gone, &num_gates);
	hash_free_items(&gates->ended);
	gates->next_walk_ns = now_ns + num_gates * REST_NS;
}

static void delete_any(struct gates *gates, const struct gate_key *key, const struct gate *gate,
		       void *context)
{
	take_out(gates, key);
}

void gates_forget(struct gates *gates)
{
	walk(gates, delete_any, NULL);
}

void gates_destroy(struct gates *gates)
{
	hash_free_items(&gates->ended);
}
