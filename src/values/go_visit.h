/* SPDX-License-Identifier: MIT */
/* go_visit.h - all of a call's values that anybody who prints them may look at. */
#ifndef VALUES_GO_VISIT_H
#define VALUES_GO_VISIT_H

#include "values/go_value.h"

/* Behind it their types are complete, and what they lead to has been asked of the list's source. */
void go_visit(const struct typed_list *typed, const struct captured *captured);

#endif
