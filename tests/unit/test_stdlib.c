/* SPDX-License-Identifier: MIT */
/* test_stdlib.c - functions of the standard library, whose parameters a table knows: each row of it makes
 * sense, and stripped programs of all toolchains have these parameters where their code says. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "gobin/stdlib.h"
#include "gobin/stdlib_table.h"
#include "gofuncgraph/gobin.h"
#include "go_program.h"

#define OLDEST 17
#define NEWEST 30

static size_t read_row(const struct stdlib_package *package, const struct stdlib_row *row)
{
	struct go_types *types = go_types_new();
	struct go_signature signature = {};
	size_t num_known = 0;
	char name[256];

	snprintf(name, sizeof(name), "%s.%s", package->path, row->name);
	for (unsigned minor = OLDEST; minor <= NEWEST; minor++) {
		if (!stdlib_signature(types, NULL, minor, name, &signature))
			continue;
		num_known++;
		assert_true(signature.num_variables > 0);
		assert_null(go_signature_place(types, &arch_x86_64, true, &signature));
		for (size_t i = 0; i < signature.num_variables; i++)
			assert_true(signature.variables[i].is_placed ||
				    !signature.variables[i].type->size);
	}
	go_types_free(types);
	return num_known;
}

static void reads_every_row(void **state)
{
	size_t num_known = 0, num_rows = 0;

	for (const struct stdlib_package *package = stdlib_packages; package->path; package++) {
		for (size_t i = 0; i < package->count; i++) {
			const struct stdlib_row *row = &package->rows[i];

			if (i)
				assert_true(strcmp(row[-1].name, row->name) <= 0);
			num_known += read_row(package, row) > 0;
			num_rows++;
		}
	}
	/* All but those with structs by value. */
	assert_true(num_known > num_rows * 8 / 10);
}

static void follows_versions(void **state)
{
	struct go_types *types = go_types_new();
	struct go_signature signature;

	assert_false(stdlib_signature(types, NULL, 20, "net/http.(*Server).No", &signature));
	assert_false(stdlib_signature(types, NULL, 20, "net/http.", &signature));
	assert_false(stdlib_signature(types, NULL, 20, "net/http", &signature));
	assert_false(stdlib_signature(types, NULL, 20, "main.f", &signature));
	assert_true(stdlib_signature(types, NULL, 19, "net/http.(*Server).Serve", &signature));
	assert_string_equal(signature.variables[0].name, "srv");
	assert_true(stdlib_signature(types, NULL, 27, "net/http.(*Server).Serve", &signature));
	assert_string_equal(signature.variables[0].name, "s");
	assert_string_equal(signature.variables[0].type->name, "*net/http.Server");
	go_types_free(types);
}

/* ---- real programs ---- */

static const char source[] =
	"package main\n"
	"import (\"net/http\"; \"os\"; \"net/url\")\n"
	"func main() {\n"
	"	u, _ := url.Parse(os.Args[0])\n"
	"	f, err := os.OpenFile(u.Path, 0, 0)\n"
	"	http.HandleFunc(\"/\", func(w http.ResponseWriter, r *http.Request) {})\n"
	"	println(f, err, http.ListenAndServe(\":\", nil))\n"
	"}\n";

static const struct {
	const char *function, *signature;
} expected[] = {
	{"net/url.Parse", "rawURL string, =*net/url.URL"},
	{"os.OpenFile", "name string, flag int, perm io/fs.FileMode"},
	{"net/http.(*ServeMux).ServeHTTP",
	 "mux *net/http.ServeMux, w net/http.ResponseWriter, r *net/http.Request"},
	{"net/http.HandlerFunc.ServeHTTP",
	 "f net/http.HandlerFunc, w net/http.ResponseWriter, r *net/http.Request"},
	{"net/http.serverHandler.ServeHTTP",
	 "sh net/http.serverHandler, rw net/http.ResponseWriter, req *net/http.Request"},
	{"net/http.(*conn).serve", "c *net/http.conn, ctx context.Context"},
};

static const struct go_type *find_field(struct go_type *type, const char *name)
{
	assert_true(go_type_complete(type));
	for (size_t i = 0; i < type->num_fields; i++)
		if (!strcmp(type->fields[i].name, name))
			return type->fields[i].type;
	fail_msg("%s has no %s", type->name, name);
	return NULL;
}

/* r.URL.Path */
static void check_path(struct go_signature *signature)
{
	struct go_type *request = signature->variables[2].type;
	const struct go_type *url;

	assert_true(go_type_complete(request));
	url = find_field(request->elem, "URL");
	assert_true(go_type_complete((struct go_type *)url));
	assert_int_equal(find_field(url->elem, "Path")->kind, GO_STRING);
}

static void check_program(const struct go_toolchain *go, struct gobin *bin)
{
	struct go_signature signature;

	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		char text[512] = "", *to = text;

		assert_null(gobin_signature(bin, gobin_func_named(bin, expected[i].function),
					    &signature));
		for (size_t j = 0; j < signature.num_variables; j++) {
			const struct go_variable *variable = &signature.variables[j];

			assert_true(variable->is_placed);
			to += sprintf(to, "%s%s%s%s", j ? ", " : "", variable->name,
				      *variable->name       ? " "
				      : variable->is_result ? "="
							    : "",
				      variable->type->name);
		}
		if (strncmp(text, expected[i].signature, strlen(expected[i].signature)) != 0)
			fail_msg("Go %s: %s has %s", go->name, expected[i].function, text);
		if (strstr(expected[i].function, "ServeHTTP"))
			check_path(&signature);
	}
}

/* What the table says, and what DWARF does. False: the program has no such function. */
static bool compare_row(struct gobin *bin, const struct stdlib_package *package,
			const struct stdlib_row *row)
{
	struct go_types *types = go_types_new();
	struct go_signature told, known;
	const struct gobin_func *func;
	bool is_known;
	char name[256];

	snprintf(name, sizeof(name), "%s.%s", package->path, row->name);
	func = gobin_func_named(bin, name);
	is_known = func && stdlib_signature(types, NULL, gobin_minor_version(bin), name, &known);
	if (is_known) {
		assert_null(gobin_signature(bin, func, &told));
		for (size_t i = 0; i < known.num_variables; i++) {
			const struct go_variable *a = &told.variables[i], *b = &known.variables[i];

			if (b->is_result)
				break;
			if (i >= told.num_variables || a->is_result ||
			    (*b->name && strcmp(a->name, b->name) != 0) ||
			    a->type->kind != b->type->kind || a->type->size != b->type->size)
				fail_msg("%s: parameter %zu is not %s %s", name, i, b->name,
					 b->type->name);
		}
	}
	go_types_free(types);
	return is_known;
}

static void compare_with_dwarf(struct gobin *bin)
{
	size_t num_compared = 0;

	for (const struct stdlib_package *package = stdlib_packages; package->path; package++)
		for (size_t i = 0; i < package->count; i++)
			num_compared += compare_row(bin, package, &package->rows[i]);
	assert_in_range(num_compared, 50, 1000);
}

static void knows_them_in_real_programs(void **state)
{
	char folder[GO_MAX_PATH], path[GO_MAX_PATH + 32], source_path[GO_MAX_PATH + 16];
	struct go_toolchain go;
	struct gobin *bin;

	assert_true(go_folder(folder));
	snprintf(path, sizeof(path), "%s/main", folder);
	assert_true(go_write(folder, source, source_path));
	for (int minor = OLDEST; minor < 60; minor++) {
		char version[16];

		snprintf(version, sizeof(version), "1.%d", minor);
		if (!go_toolchain_find(&go, version))
			continue;
		assert_true(go_build(&go, source_path, "-ldflags='-s -w'", path));
		assert_null(gobin_open(path, &bin));
		check_program(&go, bin);
		gobin_close(bin);
		assert_true(go_build(&go, source_path, "", path));
		assert_null(gobin_open(path, &bin));
		compare_with_dwarf(bin);
		gobin_close(bin);
	}
	go_remove(folder);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(reads_every_row),
		cmocka_unit_test(follows_versions),
		cmocka_unit_test(knows_them_in_real_programs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
