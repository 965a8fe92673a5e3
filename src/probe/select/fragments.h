/* SPDX-License-Identifier: MIT */
/*
 * fragments.h - which of many short texts a longer one holds, in one pass over it (the automaton of
 * Aho and Corasick, "Efficient string matching", 1975).
 *
 * Fragments are added first, items are attached to some of them, then texts are looked through. A text costs its length and the number of attached items that are found in
 * it, however many fragments there are.
 */
#ifndef PROBE_FRAGMENTS_H
#define PROBE_FRAGMENTS_H

#include <stddef.h>
#include <stdint.h>

#include "base/error.h"

struct fragments;

/* Items are numbers below `num_items`. Only errors of memory, here and below. */
struct error *fragments_new(size_t num_items, struct fragments **fragments);
void fragments_free(struct fragments *fragments); /* NULL is fine */

/* `length` > 0. */
struct error *fragments_add(struct fragments *fragments, const char *text, size_t length);
/* How often this fragment was added. */
size_t fragments_uses(const struct fragments *fragments, const char *text, size_t length);
/* Attaches an item to a fragment that was added. An item can be at one fragment only. */
void fragments_attach(struct fragments *fragments, const char *text, size_t length, size_t item);

/* To be called once, after everything was added and attached. */
struct error *fragments_finish(struct fragments *fragments);

/* Calls `visit` for every item whose fragment is in the text, once for each place where it is. */
void fragments_find(const struct fragments *fragments, const char *text,
		    void (*visit)(void *context, size_t item), void *context);

#endif
