/* SPDX-License-Identifier: MIT */
/* funcs.c - merges the function symbols and the function table, and trims what is found. */
#include "gobin/funcs.h"

#include <string.h>

#include "base/array.h"
#include "base/text.h"
#include "gobin/symbols.h"

#define SWEEP_SIZE (256 << 10)

struct list {
	struct gobin_func *funcs;
	size_t count;
	size_t capacity;
};

/* Of the functions of a table and symbols. */
struct merge {
	const struct image *image;
	struct list list;
	const char **aliases; /* room for those of all symbols */
	size_t num_aliases;
};

static bool append(struct list *list, const char *name, uint64_t va, uint64_t size)
{
	if (!array_reserve(&list->funcs, &list->capacity, list->count + 1, sizeof(*list->funcs)))
		return false;
	list->funcs[list->count++] = (struct gobin_func){.name = name, .va = va, .size = size};
	return true;
}

/* Functions of the table alone; size as far as the next one, padding included. */
static bool read_table(const struct pclntab *table, struct list *list)
{
	size_t count = table ? pclntab_num_funcs(table) : 0;

	for (size_t i = 0; i < count; i++) {
		uint64_t va, end_va;
		const char *name;
		if (!pclntab_func(table, i, &va, &end_va, &name))
			continue;
		if (symbols_is_marker(name))
			continue;
		/* Rising addresses are what the table promises; without them there is no search. */
		if (list->count && list->funcs[list->count - 1].va >= va)
			continue;
		if (!append(list, name, va, end_va - va))
			return false;
	}
	return true;
}

/* A symbol without a size reaches to the next function or to the end of its segment. */
static bool append_symbol(const struct image *image, struct list *list, const struct symbol *symbol,
			  uint64_t next_va)
{
	uint64_t size = symbol->size, available = image_available(image, symbol->va);

	if (!size || size > available)
		size = available;
	if (next_va > symbol->va && size > next_va - symbol->va)
		size = next_va - symbol->va;
	return !size || append(list, symbol->name, symbol->va, size);
}

#define ABI0 ".abi0"

/* True when the symbol is the name in the table, with what the table leaves out: ".abi0", and in
 * "main.f[...]" the type arguments (src/cmd/link/internal/ld/pcln.go, nameParts()). */
static bool says_same(const char *symbol, const char *name)
{
	size_t symbol_len = strlen(symbol), len = strlen(name), abi0_len = strlen(ABI0), head;
	const char *dots;

	if (symbol_len > abi0_len && strcmp(symbol + symbol_len - abi0_len, ABI0) == 0)
		symbol_len -= abi0_len;
	if (symbol_len == len && memcmp(symbol, name, len) == 0)
		return true;
	dots = strstr(name, "[...]");
	if (!dots)
		return false;
	head = dots + 1 - name;
	len -= head + 3; /* what is behind the dots */
	return symbol_len >= head + len && memcmp(symbol, name, head) == 0 &&
	       memcmp(symbol + symbol_len - len, dots + 4, len) == 0;
}

/* The index of the symbol whose name is to be shown; `count`: none, that in the table is. */
static size_t choose_name(const struct symbol *symbols, size_t count, const char *table_name)
{
	for (size_t i = 0; i < count; i++) {
		bool is_local = text_starts_with(symbols[i].name, "local.");
		if (table_name ? says_same(symbols[i].name, table_name) : !is_local)
			return i;
	}
	return table_name ? count : 0;
}

/* Gives the function added last its name and aliases, out of the symbols at its address. */
static void set_names(struct merge *merge, const struct symbol *symbols, size_t count,
		      const char *table_name)
{
	struct gobin_func *func = &merge->list.funcs[merge->list.count - 1];
	size_t chosen = choose_name(symbols, count, table_name);

	func->name = chosen < count ? symbols[chosen].name : table_name;
	if (chosen < count && count == 1)
		return;
	func->aliases = merge->aliases + merge->num_aliases;
	for (size_t i = 0; i < count; i++) {
		if (i != chosen)
			merge->aliases[merge->num_aliases++] = symbols[i].name;
	}
	merge->aliases[merge->num_aliases++] = NULL;
}

static bool add_both(struct merge *merge, const struct gobin_func *func,
		     const struct symbol *symbols, size_t count)
{
	uint64_t size = symbols->size && symbols->size < func->size ? symbols->size : func->size;

	if (!append(&merge->list, func->name, func->va, size))
		return false;
	set_names(merge, symbols, count, func->name);
	return true;
}

/* A symbol that the table has not. */
static bool add_symbol(struct merge *merge, const struct symbol *symbols, size_t count,
		       uint64_t next_va)
{
	size_t before = merge->list.count;

	if (!append_symbol(merge->image, &merge->list, symbols, next_va))
		return false;
	if (merge->list.count > before)
		set_names(merge, symbols, count, NULL);
	return true;
}

/* Two sorted lists into one. */
static bool merge_lists(struct merge *merge, const struct list *table, const struct symbol *symbols,
			size_t num_symbols)
{
	size_t t = 0, s = 0;

	while (t < table->count || s < num_symbols) {
		const struct gobin_func *func = t < table->count ? &table->funcs[t] : NULL;
		const struct symbol *symbol = s < num_symbols ? &symbols[s] : NULL;
		size_t group = symbol ? 1 : 0; /* symbols at this address */
		bool added = true;
		while (symbol && s + group < num_symbols && symbol[group].va == symbol->va)
			group++;
		if (func && symbol && func->va == symbol->va) {
			added = add_both(merge, func, symbol, group);
			t++;
			s += group;
		} else if (func && (!symbol || func->va < symbol->va)) {
			added = append(&merge->list, func->name, func->va, func->size);
			t++;
		} else {
			uint64_t next_va = func ? func->va : UINT64_MAX;
			s += group;
			if (s < num_symbols && symbols[s].va < next_va)
				next_va = symbols[s].va;
			/* Inside a function that the table knows, a bare label is no function. */
			if (symbol->size || !table->count)
				added = add_symbol(merge, symbol, group, next_va);
		}
		if (!added)
			return false;
	}
	return true;
}

/* Only the symbols in [start, end). */
static const struct symbol *clip_symbols(const struct symbol *symbols, size_t *count,
					 uint64_t start_va, uint64_t end_va)
{
	size_t from = 0, to = *count;

	while (from < to && symbols[from].va < start_va)
		from++;
	while (to > from && symbols[to - 1].va >= end_va)
		to--;
	*count = to - from;
	return symbols ? symbols + from : NULL;
}

/* Sizes end where the next function begins and where the file's bytes end. */
static void clip_sizes(const struct image *image, struct funcs *funcs)
{
	size_t kept = 0;

	for (size_t i = 0; i < funcs->count; i++) {
		struct gobin_func func = funcs->items[i];
		uint64_t available = image_available(image, func.va);
		if (i + 1 < funcs->count && func.size > funcs->items[i + 1].va - func.va)
			func.size = funcs->items[i + 1].va - func.va;
		if (func.size > available)
			func.size = available;
		if (func.size && image_va_is_code(image, func.va))
			funcs->items[kept++] = func;
	}
	funcs->count = kept;
}

static void cut_padding(struct gobin_func *func, const struct arch *arch, const uint8_t *end,
			uint64_t available)
{
	/* No function is all padding, whatever it looks like. */
	while (func->size > 1 && available && *--end == arch->padding) {
		func->size--;
		available--;
	}
}

/*
 * Cuts int3 at the ends of functions. All code is looked at once, but not kept in memory: of a
 * large program only a small part is wanted later. What cannot be read is left as it is.
 */
static struct error *cut_all_padding(const struct image *image, struct funcs *funcs)
{
	_cleanup_free_ uint8_t *buffer = malloc(SWEEP_SIZE);
	uint64_t buffer_va = 0, buffer_len = 0;

	if (!buffer)
		return error_out_of_memory();
	for (size_t i = 0; i < funcs->count; i++) {
		struct gobin_func *func = &funcs->items[i];
		uint64_t last_va = func->va + func->size - 1;
		if (last_va - buffer_va >= buffer_len) {
			/* Functions end at rising addresses: read on from this one's last bytes. */
			buffer_va = func->size > 64 ? last_va - 63 : func->va;
			buffer_len = image_available(image, buffer_va);
			if (buffer_len > SWEEP_SIZE)
				buffer_len = SWEEP_SIZE;
			if (!image_copy(image, buffer_va, buffer, buffer_len)) {
				buffer_len = 0;
				continue;
			}
		}
		uint64_t len = last_va - buffer_va + 1;
		if (len <= buffer_len)
			cut_padding(func, image_arch(image), buffer + len, len);
	}
	return NULL;
}

struct error *funcs_merge(const struct image *image, const struct image *symbol_image,
			  const struct pclntab *table, struct funcs *funcs)
{
	_cleanup_free_ struct gobin_func *table_funcs = NULL;
	_cleanup_free_ struct symbol *symbols = NULL;
	const struct symbol *clipped = NULL;
	struct merge merge = {.image = image};
	struct list from_table = {0};
	size_t num_symbols = 0;
	struct error *err;
	bool merges;

	*funcs = (struct funcs){0};
	merges = read_table(table, &from_table);
	table_funcs = from_table.funcs;
	if (!merges)
		return error_out_of_memory();
	if (symbol_image &&
	    (err = symbols_read_functions(image, symbol_image, &symbols, &num_symbols)))
		return err;
	clipped = symbols;
	if (table && from_table.count) {
		uint64_t start_va, end_va;
		pclntab_text(table, &start_va, &end_va);
		clipped = clip_symbols(symbols, &num_symbols, start_va, end_va);
	}
	/* With the NULL behind each function's. */
	merge.aliases = calloc(num_symbols + 1, 2 * sizeof(*merge.aliases));
	merges = merge.aliases && merge_lists(&merge, &from_table, clipped, num_symbols);
	*funcs = (struct funcs){merge.list.funcs, merge.list.count, merge.aliases};
	if (!merges) {
		err = error_out_of_memory();
	} else {
		clip_sizes(image, funcs);
		err = cut_all_padding(image, funcs);
	}
	if (err)
		funcs_release(funcs);
	return err;
}

void funcs_release(struct funcs *funcs)
{
	free(funcs->items);
	free(funcs->aliases);
	*funcs = (struct funcs){0};
}

size_t funcs_search(const struct gobin_func *funcs, size_t count, uint64_t va)
{
	size_t low = 0, high = count;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		if (funcs[middle].va <= va)
			low = middle + 1;
		else
			high = middle;
	}
	return low ? low - 1 : count;
}

const struct gobin_func *gobin_func_named(const struct gobin *bin, const char *name)
{
	size_t count;
	const struct gobin_func *funcs = gobin_funcs(bin, &count);

	for (size_t i = 0; i < count; i++) {
		if (!strcmp(funcs[i].name, name))
			return &funcs[i];
	}
	return NULL;
}
