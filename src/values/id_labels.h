/* SPDX-License-Identifier: MIT */
/*
 * id_labels.h - ids of traces that programs keep in labels of their goroutines, as texts (--trace-ids).
 *
 * Takes what the BPF programs captured of such labels (bpf/id_labels.h); hands on ids, and those labels that are
 * none that a trace could be found by, as they are.
 */
#ifndef VALUES_ID_LABELS_H
#define VALUES_ID_LABELS_H

#include "values/list.h"
#include "values/value.h"

/* Keys that are looked for, by number. */
void id_labels_keys(struct id_label_key keys[ID_LABEL_KEYS]);

/* Has them looked at with the list's values, once. False: there is no room. */
bool value_list_add_id_labels(struct value_list *list);

/* Of a list whose fetch.id_labels_at and fetch.id_labels_value are set. */
void value_list_set_id_labels(struct value_list *list);

/* One of them; its value points into what was captured, and to the list. */
struct id_label_found {
	const char *key; /* NULL: the goroutine has none */
	struct value value;
};

struct id_labels {
	struct id_label_found found[ID_LABELS];
	struct trace_ids ids;
	bool has_trace, has_span; /* in `ids`, which is 0 where it has not */
};

void id_labels_read(const struct value_list *list, const struct captured *captured,
		    struct id_labels *labels);

#endif
