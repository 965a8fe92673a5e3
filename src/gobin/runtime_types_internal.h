/* SPDX-License-Identifier: MIT */
/* runtime_types_internal.h - descriptors as the files behind runtime_types.h share them. */
#ifndef GOFUNCGRAPH_GOBIN_RUNTIME_TYPES_INTERNAL_H
#define GOFUNCGRAPH_GOBIN_RUNTIME_TYPES_INTERNAL_H

#include "base/hash.h"
#include "gobin/runtime_types.h"

/* Kinds of src/internal/abi/type.go, the same from Go 1.17 to 1.27. */
enum runtime_kind {
	RUNTIME_BOOL = 1,
	RUNTIME_INT,
	RUNTIME_INT64 = 6,
	RUNTIME_UINT,
	RUNTIME_UINTPTR = 12,
	RUNTIME_FLOAT32,
	RUNTIME_FLOAT64,
	RUNTIME_COMPLEX64,
	RUNTIME_COMPLEX128,
	RUNTIME_ARRAY,
	RUNTIME_CHAN,
	RUNTIME_FUNC,
	RUNTIME_INTERFACE,
	RUNTIME_MAP,
	RUNTIME_POINTER,
	RUNTIME_SLICE,
	RUNTIME_STRING,
	RUNTIME_STRUCT,
	RUNTIME_UNSAFE_POINTER,
};

/* The first part of a descriptor, in which all are alike: type Type. */
struct descriptor {
	uint64_t va;
	uint64_t size;
	uint8_t flags, kind;
	int32_t text; /* offset of its name, as it is printed */
};

#define DESCRIPTOR_SIZE 48
/* TFlag... */
#define DESCRIPTOR_UNCOMMON   1
#define DESCRIPTOR_EXTRA_STAR 2
#define DESCRIPTOR_NAMED      4

/* Of its methods, and the package of its name: type UncommonType. */
struct uncommon {
	uint64_t methods_va;
	uint32_t num_methods;
	int32_t package; /* offset of its path */
};

/* type Method: offsets, negative ones where there is nothing. */
struct method {
	int32_t type, code;
};

/* A method's code: what is looked for by address. */
struct known_method {
	uint64_t code_va;
	uint64_t receiver_va; /* descriptors */
	uint64_t type_va;
};

/* A descriptor of a pointer to a type that has a name: its key is of that. */
struct known_pointer {
	struct hash_key key;
	uint64_t va;
};

struct runtime_types {
	const struct image *image; /* not owned */
	struct go_types *types; /* not owned */
	unsigned minor;
	uint64_t start_va, end_va; /* of all descriptors and names */
	uint64_t text_va; /* what offsets of code are from */
	/* Where the list of them is, up to Go 1.26: offsets from start_va. */
	uint64_t links_va, num_links;
	/* Later they follow each other, up to here. */
	uint64_t walk_end_va;
	bool is_indexed;
	struct known_method *methods; /* by code_va */
	size_t num_methods;
	struct known_pointer *pointers; /* by key */
	size_t num_pointers;
};

/* False: there is none at va. */
bool descriptor_read(const struct runtime_types *runtime, uint64_t va,
		     struct descriptor *descriptor);
/* Bytes that it takes, without those of its methods. 0: unknown. */
uint64_t descriptor_length(const struct runtime_types *runtime,
			   const struct descriptor *descriptor);
bool descriptor_uncommon(const struct runtime_types *runtime, const struct descriptor *descriptor,
			 struct uncommon *uncommon);
bool descriptor_method(const struct runtime_types *runtime, const struct uncommon *uncommon,
		       uint32_t i, struct method *method);
/* What a pointer's descriptor points to: its descriptor's address. */
bool descriptor_elem(const struct runtime_types *runtime, const struct descriptor *descriptor,
		     uint64_t *elem_va);
/* At that offset of start_va, bytes that end with no NUL; is_embedded may be NULL. NULL: none. */
const char *descriptor_name(const struct runtime_types *runtime, uint64_t va, size_t *length,
			    bool *is_embedded);
/* The name of a type as it is printed, "http.Request". */
const char *descriptor_text(const struct runtime_types *runtime,
			    const struct descriptor *descriptor, size_t *length);
/* In bounds. 0: it is not. */
uint64_t descriptor_va(const struct runtime_types *runtime, int32_t offset);

#endif
