/* SPDX-License-Identifier: MIT */
/* insiders.h - which goroutines are inside targets, by the records that the kernel sends. */
#ifndef SOURCE_INSIDERS_H
#define SOURCE_INSIDERS_H

#include "base/hash.h"
#include "gofuncgraph/record.h"

struct insider {
	struct hash_key key; /* goid, pid */
	uint64_t g; /* address of its runtime.g */
	uint64_t parent; /* of those that a call started: the goid of who is inside; else 0 */
	size_t at; /* in insiders.items */
};

/* All zero, but for the seed: empty. */
struct insiders {
	struct hash by_key;
	struct insider **items;
	size_t count, capacity;
	uint64_t seed; /* of chance; not 0 */
};

/* True of a record behind which nobody of its process is inside any more. */
bool insiders_are_over(const struct record *record);

/* Whom there is no memory for is left out, and so are more than MAX_OPEN_GATES. */
void insiders_see(struct insiders *insiders, const struct record *record);
void insiders_forget(struct insiders *insiders);

/* NULL: it is not among them. */
struct insider *insiders_find(const struct insiders *insiders, uint64_t goid, uint32_t pid);
void insiders_remove(struct insiders *insiders, struct insider *one);
void insiders_add(struct insiders *insiders, uint64_t goid, uint32_t pid, uint64_t g);

/* Goroutines that calls started, each as long as the call is open: at most `most` of them. `inside`: who is inside, by
 * what was seen before this record. */
void insiders_see_started(struct insiders *started, const struct insiders *inside,
			  const struct record *record, size_t most);

/* As many as there are, or `most` of them, chosen by chance; those of each process together. Returns how many. */
size_t insiders_choose(struct insiders *insiders, struct insider **chosen, size_t most);

void insiders_release(struct insiders *insiders);

#endif
