/* SPDX-License-Identifier: MIT */
/* test_pattern.c - names as users type them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "base/text.h"
#include "gofuncgraph/select.h"
#include "probe/select/pattern.h"

struct row {
	const char *pattern, *name;
	bool matches;
};

static const struct row rows[] = {
	/* literal */
	{"main.f", "main.f", true},
	{"main.f", "main.ff", false},
	{"main.f", "xmain.f", false},
	{"main.f", "main_f", false},
	{"", "", true},
	{"", "main.f", false},
	/* wildcards */
	{"*", "", true},
	{"*", "net/http.(*conn).serve", true},
	{"net/http*", "net/http.(*conn).serve", true},
	{"net/http*", "net/http/internal.x", true},
	{"net/http*", "vendor/net/http.x", false},
	{"*handleBar", "main.handleBar", true},
	{"*handleBar", "main.handleBar.func1", false},
	{"main.h*e*r", "main.handleBar", true},
	{"main.?", "main.f", true},
	{"main.?", "main.", false},
	{"main.?", "main.é", true},
	{"main.??", "main.é", false},
	{"*a*b*", "xxaxxbxx", true},
	{"*a*b*", "xxbxxaxx", false},
	{"**f", "main.f", true},
	{"main.f*", "main.f", true},
	{"*.func1", "main.f.func1.func1", true},
	/* sets */
	{"main.[fg]", "main.f", true},
	{"main.[fg]", "main.h", false},
	{"main.[!fg]", "main.h", true},
	{"main.[!fg]", "main.f", false},
	{"main.[a-f]*", "main.delta", true},
	{"main.[a-f]*", "main.zeta", false},
	{"main.[]]", "main.]", true},
	{"main.[", "main.[", true},
	{"main.[a", "main.[a", true},
	{"main.[a-]", "main.-", true},
	{"main.\\*", "main.*", true},
	{"main.\\*", "main.x", false},
	{"main.f\\", "main.f\\", true},
	/* pointer receivers: the star is itself */
	{"main.(*T).Get", "main.(*T).Get", true},
	{"main.(*T).Get", "main.(*myT).Get", false},
	{"main.(*T).*", "main.(*T).Get", true},
	{"main.(*T).*", "main.(*myT).Get", false},
	{"*(*T).Get", "main.(*T).Get", true},
	{"main.(*).Get", "main.(*myT).Get", true},
	{"main.(**T).Get", "main.(*myT).Get", true},
	/* generic names */
	{"main.Map[int]", "main.Map[int]", true},
	{"main.Map[int]*", "main.Map[int].func1", true},
	{"main.Map[go.shape.int,go.shape.string]", "main.Map[go.shape.int,go.shape.string]", true},
	{"main.Map[*", "main.Map[go.shape.int]", true},
	{"main.Map[*]", "main.Map[go.shape.int]", true},
	{"main.Map[...]", "main.Map[...]", true},
	{"main.Map[...]", "main.Map[go.shape.int]", true},
	{"main.Map[...]", "main.Map", false},
	{"main.Map[...]", "main.MapX[int]", false},
	{"main.(*List[...]).Push", "main.(*List[go.shape.[]uint8]).Push", true},
	{"main.(*List[...]).Push", "main.(*List[go.shape.int]).Pop", false},
	{"*.Map[...].func1", "main.Map[go.shape.int].func1", true},
	/* other spellings of a name */
	{"main.asm", "main.asm.abi0", true},
	{"main.asm.abi0", "main.asm.abi0", true},
	{"main.asm.abi0", "main.asm", false},
	{"*.asm", "main.asm.abi0", true},
	{"gopkg.in/yaml.v3.Unmarshal", "gopkg.in/yaml%2ev3.Unmarshal", true},
	{"gopkg.in/yaml%2ev3.Unmarshal", "gopkg.in/yaml%2ev3.Unmarshal", true},
	{"gopkg.in/yaml.*", "gopkg.in/yaml%2ev3.Unmarshal", true},
	{"x/%zz.f", "x/%zz.f", true},
	{"main.f%", "main.f%", true},
	/* names of bytes that are no text */
	{"main.*", "main.\xff\xfe", true},
	{"main.??", "main.\xff\xfe", true},
	{"!main.f", "main.f", true}, /* says what it takes out */
};

static void test_rows(void **state)
{
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		if (pattern_matches(rows[i].pattern, rows[i].name) != rows[i].matches)
			fail_msg("'%s' %s '%s'", rows[i].pattern,
				 rows[i].matches ? "does not match" : "matches", rows[i].name);
	}
}

/* fnmatch() would not end in a lifetime. */
static void test_many_stars(void **state)
{
	char name[1001], pattern[64] = "";
	clock_t start = clock();

	memset(name, 'a', sizeof(name) - 1);
	name[sizeof(name) - 1] = '\0';
	for (int i = 0; i < 20; i++)
		strcat(pattern, "a*");
	strcat(pattern, "b");
	assert_false(pattern_matches(pattern, name));
	assert_true(clock() - start < CLOCKS_PER_SEC / 2);
}

static void test_literally(void **state)
{
	struct pattern pattern;

	assert_null(pattern_prepare("main.(*).Get", &pattern));
	assert_true(pattern_try(&pattern, "main.(*T).Get", "main.(*T).Get"));
	pattern.literally = true;
	assert_false(pattern_try(&pattern, "main.(*T).Get", "main.(*T).Get"));
	assert_true(pattern_try(&pattern, "main.(*).Get", "main.(*).Get"));
	pattern_release(&pattern);
}

static void test_prepared(void **state)
{
	struct pattern pattern;

	assert_null(pattern_prepare("!vendor/x*", &pattern));
	assert_true(pattern.negated && pattern.names_vendor && !pattern.is_literal);
	assert_string_equal(pattern.text, "vendor/x*");
	pattern_release(&pattern);
	assert_null(pattern_prepare("main.f", &pattern));
	assert_true(!pattern.negated && !pattern.names_vendor && pattern.is_literal);
	pattern_release(&pattern);
}

static void test_vendored(void **state)
{
	assert_true(name_is_vendored("vendor/golang.org/x/net.f"));
	assert_true(name_is_vendored("a/b/vendor/c.f"));
	assert_true(name_is_vendored("type:.eq.vendor/c.T"));
	assert_false(name_is_vendored("a/myvendor/c.f"));
	assert_false(name_is_vendored("vendor.f"));
	assert_false(name_is_vendored("main.Map[vendor/x.T]"));
	assert_false(name_is_vendored("x.vendor/y"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows),      cmocka_unit_test(test_many_stars),
		cmocka_unit_test(test_literally), cmocka_unit_test(test_prepared),
		cmocka_unit_test(test_vendored),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
