/* SPDX-License-Identifier: MIT */
/* order.c - in which order functions get probes; see order.h. */
#include "guard/order.h"

#include <string.h>

/* Of "net/http.(*conn).serve" this is "net/http". Type arguments may hold other packages. */
static size_t package_length(const char *name)
{
	size_t end = strcspn(name, "[("), slash = 0;

	for (size_t i = 0; i < end; i++)
		if (name[i] == '/')
			slash = i;
	return slash + strcspn(name + slash, ".");
}

static bool is_same_package(const struct plan_func *one, const struct plan_func *other)
{
	const char *name = one->func->name;
	size_t length = package_length(name);

	return package_length(other->func->name) == length &&
	       !memcmp(name, other->func->name, length);
}

/* Functions of a package lie side by side: behind the last of them that begin with this one. */
static uint32_t package_end(const struct plan *plan, uint32_t first)
{
	uint32_t end = first + 1;

	while (end < plan->num_funcs && is_same_package(&plan->funcs[first], &plan->funcs[end]))
		end++;
	return end;
}

static bool any_seen(const uint32_t *seen, uint32_t first, uint32_t end)
{
	while (first < end && !seen[first])
		first++;
	return first < end;
}

static size_t add_class(const struct plan *plan, const uint32_t *seen, enum order_class wanted,
			uint32_t *order, size_t count)
{
	uint32_t end;

	for (uint32_t first = 0; first < plan->num_funcs; first = end) {
		enum order_class others;

		end = package_end(plan, first);
		others = !seen || any_seen(seen, first, end) ? ORDER_NEAR : ORDER_FAR;
		for (uint32_t i = first; i < end; i++)
			if (plan->funcs[i].num_sites && !plan->funcs[i].needs_resume &&
			    (seen && seen[i] ? ORDER_SEEN : others) == wanted)
				order[count++] = i;
	}
	return count;
}

void order_make(const struct plan *plan, const uint32_t *seen, uint32_t *order,
		size_t ends[ORDER_NUM_CLASSES])
{
	size_t count = 0;

	for (enum order_class class = ORDER_SEEN; class < ORDER_NUM_CLASSES; class ++)
		ends[class] = count = add_class(plan, seen, class, order, count);
}
