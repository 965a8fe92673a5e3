/* SPDX-License-Identifier: MIT */
/* edit_distance.h - how far a word that was typed is from one that there is. */
#ifndef GOFUNCGRAPH_EDIT_DISTANCE_H
#define GOFUNCGRAPH_EDIT_DISTANCE_H

#include <stddef.h>

/* Bytes; what is behind them is not compared: longer words are told apart well enough by these. */
#define EDIT_DISTANCE_MAX 48

/* Insertions, deletions, changes and swaps of neighbours that make a into b; more than `limit` is any number above
 * it. Neither ends at a NUL: the lengths say where. */
size_t edit_distance(const char *a, size_t a_length, const char *b, size_t b_length, size_t limit);

#endif
