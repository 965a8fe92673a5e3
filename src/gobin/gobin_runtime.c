/* SPDX-License-Identifier: MIT */
/* gobin_runtime.c - the runtime that a file's goroutines belong to, and where it keeps things. */
#include <string.h>

#include "base/log.h"
#include "gobin/gobin_internal.h"
#include "gobin/layout.h"
#include "gobin/tls.h"
#include "gobin/types.h"

enum gobin_runtime gobin_find_runtime(const struct gobin *bin)
{
	struct image_relocation relocation;

	/* What every runtime has, and what tells one in another file of this one
	 * (src/cmd/link/internal/amd64/asm.go, gentext()). */
	if (!gobin_func_named(bin, "runtime.mcall") &&
	    (gobin_func_named(bin, "go:link.addmoduledata") ||
	     gobin_func_named(bin, "go.link.addmoduledata")))
		return GOBIN_RUNTIME_IN_LIBRARY;
	/* c-shared libraries have a runtime for themselves, and its symbols are not for others; those
	 * of -buildmode=shared, which are for others, have a note
	 * (src/cmd/link/internal/ld/elf.go, ELF_NOTE_GOABIHASH_TAG). */
	if (image_is_library(bin->image) && !image_section(bin->image, ".note.go.abihash") &&
	    tls_find_relocation(bin->image, &relocation))
		return GOBIN_RUNTIME_IN_PROGRAM;
	return GOBIN_RUNTIME_HERE;
}

enum gobin_runtime gobin_runtime(const struct gobin *bin)
{
	return bin->runtime;
}

static struct error *find_tls(const struct gobin *bin, struct tls_place *tls)
{
	struct error *err = tls_find_g(bin->image, bin->funcs.items, bin->funcs.count, tls);

	if (err && bin->runtime == GOBIN_RUNTIME_IN_LIBRARY) {
		*tls = (struct tls_place){0};
		error_free(take_pointer(err));
	}
	return err;
}

bool gobin_knows_tls(struct gobin *bin)
{
	struct tls_place tls;

	if (bin->runtime != GOBIN_RUNTIME_IN_LIBRARY)
		return true;
	error_free(find_tls(bin, &tls));
	return tls.offset || tls.slot_va;
}

struct error *gobin_layout(struct gobin *bin, struct gobin_layout *layout)
{
	struct tls_place tls;
	struct error *err;
	bool is_certain;

	memset(layout, 0, sizeof(*layout));
	is_certain = layout_from_table(bin->version, bin->minor, layout);
	if (gobin_dwarf_image(bin) && (!is_certain || gobin_dwarf_is_cheap(bin, DWARF_FOR_TYPES))) {
		struct dwarf *dwarf = dwarf_open(gobin_dwarf_image(bin), DWARF_FOR_TYPES);
		if (dwarf && !layout_from_dwarf(dwarf, layout))
			log_verbose("%s: its DWARF does not describe the runtime", gobin_path(bin));
		dwarf_close(dwarf);
	}
	err = find_tls(bin, &tls);
	if (err)
		return err;
	layout->tls_g = tls.offset;
	layout->tls_g_slot_va = tls.slot_va;
	return NULL;
}

const char *gobin_wait_reason(struct gobin *bin, unsigned reason)
{
	if (!bin->reasons_are_read)
		bin->reasons = reasons_read(bin->image, bin->funcs.items, bin->funcs.count);
	bin->reasons_are_read = true;
	if (!bin->reasons)
		return reasons_by_version(bin->minor, reason);
	return reason < bin->reasons->count ? bin->reasons->names[reason] : NULL;
}

struct error *gobin_struct_offset(struct gobin *bin, const char *type, const char *field,
				  uint32_t *offset)
{
	if (!bin->types_are_open && gobin_dwarf_image(bin))
		bin->types = dwarf_open(gobin_dwarf_image(bin), DWARF_FOR_TYPES);
	bin->types_are_open = true;
	return types_find_offset(bin->types, bin->minor, type, field, offset);
}
