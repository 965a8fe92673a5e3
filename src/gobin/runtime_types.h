/* SPDX-License-Identifier: MIT */
/*
 * runtime_types.h - the type descriptors that a program keeps for itself, for interfaces, reflection and
 * the collector (src/internal/abi/type.go): no stripping takes them away.
 *
 * Takes an image and where its moduledata is; hands on types (gofuncgraph/types.h). Descriptors are
 * hostile like all else. Only those of types that the program needs at run time are there, and of methods
 * those that may be called through an interface or by reflection.
 */
#ifndef GOFUNCGRAPH_GOBIN_RUNTIME_TYPES_H
#define GOFUNCGRAPH_GOBIN_RUNTIME_TYPES_H

#include "gobin/image.h"
#include "gobin/moduledata.h"
#include "types/go_types.h"

struct runtime_types;

/* `minor` is that of Go's version. NULL: it is not known where they are, or out of memory. The image and
 * `types` must outlive it. */
struct runtime_types *runtime_types_open(const struct image *image, const struct moduledata *module,
					 unsigned minor, struct go_types *types);
void runtime_types_close(struct runtime_types *runtime); /* NULL is fine */

/* The type whose descriptor is at va. NULL: there is none. */
struct go_type *runtime_types_at(struct runtime_types *runtime, uint64_t va);

/* The pointer to the type of that name, "net/http.Request". NULL: it is not there. The first call goes
 * through all descriptors, as does the first one of the next. */
struct go_type *runtime_types_pointer_to(struct runtime_types *runtime, const char *name);

/*
 * The parameters, with the receiver, and the results of the method whose code is at func_va; without
 * names and places. False: it is not there.
 */
bool runtime_types_method(struct runtime_types *runtime, uint64_t func_va,
			  struct go_signature *signature);

#endif
