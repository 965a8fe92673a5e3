/* SPDX-License-Identifier: MIT */
/*
 * fuzz_types.c - type descriptors: the input is the data of a small executable, of which the first byte
 * chooses Go's version and the words behind it are moduledata. Whatever they say, types add up, and
 * walking through them ends.
 */
#include "check_types.h"
#include "fake_image.h"
#include "gobin/runtime_types.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_method(struct runtime_types *runtime, struct go_types *types, uint64_t va)
{
	struct go_signature signature = {};
	size_t steps = 200;

	if (!runtime_types_method(runtime, va, &signature))
		return;
	must(signature.num_variables >= 1);
	for (size_t i = 0; i < signature.num_variables; i++)
		must(signature.variables[i].type && signature.variables[i].name);
	error_free(go_signature_place(types, &arch_x86_64, true, &signature));
	for (size_t i = 0; i < signature.num_variables; i++)
		check_variable(&signature.variables[i], &steps);
}

static void check(struct runtime_types *runtime, struct go_types *types, size_t size)
{
	size_t steps = 2000;

	for (uint64_t va = FAKE_DATA_VA; va < FAKE_DATA_VA + size; va += 8) {
		struct go_type *type = runtime_types_at(runtime, va);

		if (type)
			check_type(type, &steps);
	}
	for (uint64_t va = FAKE_TEXT_VA; va < FAKE_TEXT_VA + 64; va += 8)
		check_method(runtime, types, va);
	struct go_type *named = runtime_types_pointer_to(runtime, "main.T");
	must(!named || !strcmp(named->name, "*main.T"));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned minors[] = {17, 18, 19, 23, 24, 26, 27};
	struct moduledata module = {.va = FAKE_DATA_VA, .text_va = FAKE_TEXT_VA};
	struct runtime_types *runtime;
	struct go_types *types;
	struct image *image;

	if (size < 8 || !(image = fake_image(data + 8, size - 8)))
		return 0;
	types = go_types_new();
	must(types);
	runtime = runtime_types_open(image, &module,
				     minors[data[0] % (sizeof(minors) / sizeof(*minors))], types);
	if (runtime)
		check(runtime, types, size - 8);
	runtime_types_close(runtime);
	go_types_free(types);
	image_close(image);
	return 0;
}
