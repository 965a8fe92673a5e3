/* SPDX-License-Identifier: MIT */
/* pcvalue.c - values by code address, as Go packs them: pairs of varints, (value, length) deltas.
 */
#include "gobin/pclntab_internal.h"

/* Most tables are shorter: what is read in at a time. */
#define WINDOW 256

/* A 32-bit number has at most five bytes of seven bits. */
#define MAX_VARINT 5

/* More than any function has: a lookup must not take seconds. */
#define MAX_STEPS (UINT64_C(1) << 22)

void pcvalue_begin(struct pcvalue *walk, const struct pclntab *table,
		   const struct pclntab_entry *entry, uint32_t offset)
{
	uint64_t steps = (entry->end_va - entry->va) * 2 + 2;

	*walk = (struct pcvalue){
		.table = table,
		.func_va = entry->va,
		.func_end_va = entry->end_va,
		.start_va = entry->va,
		.end_va = entry->va,
		.value = -1,
		.quantum = image_arch(table->image)->quantum,
		.steps_left = steps < MAX_STEPS ? steps : MAX_STEPS,
	};
	if (offset && offset < table->pc.len) {
		walk->next_va = table->pc.va + offset;
		walk->left = table->pc.len - offset;
	}
}

static bool read_byte(struct pcvalue *walk, uint8_t *byte)
{
	if (walk->bytes == walk->bytes_end) {
		uint64_t len = walk->left < WINDOW ? walk->left : WINDOW;
		walk->bytes = image_at_va(walk->table->image, walk->next_va, len);
		if (!walk->bytes) {
			walk->bytes_end = NULL;
			walk->left = 0;
			return false;
		}
		walk->bytes_end = walk->bytes + len;
		walk->next_va += len;
		walk->left -= len;
	}
	*byte = *walk->bytes++;
	return true;
}

static bool read_varint(struct pcvalue *walk, uint32_t *value)
{
	*value = 0;
	for (unsigned i = 0; i < MAX_VARINT; i++) {
		uint8_t byte;
		if (!read_byte(walk, &byte))
			return false;
		*value |= (uint32_t)(byte & 0x7f) << 7 * i;
		if (!(byte & 0x80))
			return true;
	}
	return false;
}

bool pcvalue_next(struct pcvalue *walk)
{
	uint32_t value_delta, length;

	if (!walk->steps_left || walk->end_va >= walk->func_end_va)
		return false;
	walk->steps_left--;
	if (!read_varint(walk, &value_delta))
		return false;
	/* No change ends the table, but the first value may well be -1. */
	if (!value_delta && walk->end_va != walk->func_va)
		return false;
	if (!read_varint(walk, &length))
		return false;
	/* Zigzag; the sum wraps like the runtime's. */
	walk->value = (int32_t)((uint32_t)walk->value + (-(value_delta & 1) ^ value_delta >> 1));
	walk->start_va = walk->end_va;
	walk->end_va += (uint64_t)length * walk->quantum;
	return true;
}

bool pcvalue_seek(struct pcvalue *walk, uint64_t va)
{
	while (va >= walk->end_va) {
		if (!pcvalue_next(walk)) {
			walk->steps_left = 0;
			return false;
		}
	}
	return true;
}
