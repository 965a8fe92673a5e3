/* SPDX-License-Identifier: MIT */
/*
 * eu-search.c - what Debian 13's libdw.a (elfutils 0.192) refers to and does not hold: lib/eu-search.c of
 * elfutils, as it is without its locks (USE_LOCKS). Built by static-deps.
 */
#define _GNU_SOURCE
#include <search.h>

typedef int compare(const void *, const void *);

struct search_tree {
	void *root;
};

void eu_search_tree_init(struct search_tree *tree)
{
	tree->root = 0;
}

void *eu_tsearch(const void *key, struct search_tree *tree, compare *compare)
{
	return tsearch(key, &tree->root, compare);
}

void *eu_tfind(const void *key, struct search_tree *tree, compare *compare)
{
	return tfind(key, &tree->root, compare);
}

void *eu_tdelete(const void *key, struct search_tree *tree, compare *compare)
{
	return tdelete(key, &tree->root, compare);
}

void eu_tdestroy(struct search_tree *tree, void (*free_node)(void *))
{
	tdestroy(tree->root, free_node);
	tree->root = 0;
}

void eu_search_tree_fini(struct search_tree *tree, void (*free_node)(void *))
{
	eu_tdestroy(tree, free_node);
}
