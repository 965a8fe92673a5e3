/* SPDX-License-Identifier: MIT */
/* Templates: blocks, lines, errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "script/directives.h"
#include "script/template.h"

static struct error *expand(void *context, const char *word, const char *argument, bool active,
			    FILE *out)
{
	if (!strcmp(word, "wrong"))
		return error_new("that is wrong");
	if (active && !strcmp(word, "item"))
		fprintf(out, "%zu", *(size_t *)context);
	else if (active)
		fprintf(out, "<%s|%s>", word, argument);
	return NULL;
}

static struct error *condition(void *context, const char *argument, bool *value)
{
	*value = !strcmp(argument, "yes");
	return NULL;
}

static struct error *each(void *context, const char *argument, size_t *count)
{
	*count = strtoul(argument, NULL, 10);
	return NULL;
}

static struct error *item(void *context, size_t index, FILE *out)
{
	*(size_t *)context = index;
	return NULL;
}

/* What the template becomes, or the error's message. */
static void check(const char *text, const char *wanted)
{
	static const struct template_ops ops = {expand, condition, each, item};
	_cleanup_error_ struct error *err = NULL;
	_cleanup_free_ char *written = NULL;
	size_t length, current = SIZE_MAX;
	FILE *out = open_memstream(&written, &length);

	assert_non_null(out);
	err = template_run("t", text, strlen(text), &ops, &current, out);
	fclose(out);
	assert_string_equal(err ? error_message(err) : written, wanted);
}

static void test_text(void **state)
{
	check("", "");
	check("a\n{ b }\n", "a\n{ b }\n");
	check("a {{word}} b {{ word  two three }}", "a <word|> b <word|two three>");
}

static void test_lines(void **state)
{
	check("a\n  {{# gone}}  \nb\n", "a\nb\n");
	check("a {{# gone}}\nb", "a \nb");
	check("{{if yes}}\n{{word}}\n{{end}}\n", "<word|>\n");
	check("x\n{{if yes}}\n\t{{if yes}}\ny\n\t{{end}}\n{{end}}", "x\ny\n");
}

static void test_blocks(void **state)
{
	check("{{if yes}}a{{else}}b{{end}}", "a");
	check("{{if no}}a{{else}}b{{end}}", "b");
	check("{{if no}}a{{if yes}}b{{else}}c{{end}}d{{end}}e", "e");
	check("{{each 3}}\n{{item}}\n{{end}}\nx", "0\n1\n2\nx");
	check("{{each 0}}{{item}}{{end}}x", "x");
	check("{{each 2}}{{if yes}}{{item}}{{else}}no{{end}}{{end}}", "01");
	check("{{each 1}}a{{end}}{{each 2}}b{{end}}", "abb");
}

static void test_errors(void **state)
{
	check("a\nb {{wrong}}", "t:2: that is wrong");
	check("{{each 2}}\n\n{{wrong}}{{end}}", "t:3: that is wrong");
	check("{{if no}}{{wrong}}{{end}}", "t:1: that is wrong");
	check("a\n{{if yes}}\n", "t:2: this block has no 'end'");
	check("{{end}}", "t:1: 'end' without 'if' or 'each'");
	check("{{each 1}}{{else}}{{end}}", "t:1: 'else' without 'if'");
	check("{{if yes}}{{else}}{{else}}", "t:1: 'else' without 'if'");
	check("\n{{each 1}}\n{{each 1}}{{end}}{{end}}", "t:3: 'each' inside of 'each'");
	check("\n{{word", "t:2: '{{' without '}}'");
	check("{{ }}", "t:1: '{{}}' says nothing");
}

static void check_quote(const char *text, const char *wanted)
{
	_cleanup_free_ char *quoted = quote_text(text);

	assert_string_equal(quoted, wanted);
}

static void test_quote(void **state)
{
	check_quote("", "\"\"");
	check_quote("net.(*T).F", "\"net.(*T).F\"");
	check_quote("a\"b\\c\n", "\"a\\\"b\\\\c\\\\x0a\"");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),   cmocka_unit_test(test_lines),
		cmocka_unit_test(test_blocks), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_quote),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
