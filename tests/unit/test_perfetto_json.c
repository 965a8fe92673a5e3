/* SPDX-License-Identifier: MIT */
/* test_perfetto_json.c - JSON as arguments of Perfetto's events, read back from the bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "output/perfetto_json.h"

#define MEMBER 4

/* What is written of annotations: "name:kind=value", and brackets around those inside. */
static void print(FILE *to, const uint8_t *data, size_t size)
{
	struct cursor cursor = cursor_of(data, size);

	while (!cursor_is_at_end(&cursor)) {
		uint64_t tag = cursor_number(&cursor), number = 0;
		const uint8_t *text = NULL;
		size_t length = 0;
		double real;

		if ((tag & 7) == 2)
			text = cursor_sized(&cursor, &length);
		else if ((tag & 7) == 1)
			text = cursor_take(&cursor, 8);
		else
			number = cursor_number(&cursor);
		assert_false(cursor.failed);
		switch (tag >> 3) {
		case MEMBER: /* as a number of the message, and an integer of an annotation */
			if (!text) {
				fprintf(to, "i%lld", (long long)number);
				break;
			}
			print(to, text, length);
			fputs("; ", to);
			break;
		case 2:
			fprintf(to, "b%d", (int)number);
			break;
		case 3:
			fprintf(to, "u%llu", (unsigned long long)number);
			break;
		case 5:
			memcpy(&real, text, sizeof(real));
			fprintf(to, "d%g", real);
			break;
		case 6:
			fprintf(to, "'%.*s'", (int)length, text);
			break;
		case 10:
			fprintf(to, "%.*s=", (int)length, text);
			break;
		case 11:
		case 12:
			fputs(tag >> 3 == 11 ? "{" : "[", to);
			print(to, text, length);
			fputs(tag >> 3 == 11 ? "}" : "]", to);
			break;
		default:
			fail();
		}
	}
}

static void assert_told(const char *json, const char *expected)
{
	struct bytes message = {};
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	perfetto_put_json(&message, MEMBER, json, strlen(json));
	assert_false(message.failed);
	print(to, message.data, message.size);
	fclose(to);
	assert_string_equal(text, expected);
	free(text);
	bytes_destroy(&message);
}

static void test_values(void **state)
{
	assert_told("{}\n", "");
	assert_told("{\"a\":7,\"b\":-8,\"c\":1.5,\"d\":true,\"e\":false,\"f\":null}",
		    "a=u7; b=i-8; c=d1.5; d=b1; e=b0; f='null'; ");
	assert_told("{\"a\":18446744073709551615,\"b\":-9223372036854775808,\"c\":3e+38}",
		    "a=u18446744073709551615; b=i-9223372036854775808; c=d3e+38; ");
	assert_told("{\"p\":{\"X\":1,\"Y\":[2,{\"z\":\"\"}]},\"q\":[],\"r\":{}}",
		    "p={X=u1}{Y=[u2][{z=''}]}; q='[]'; r='{}'; ");
}

static void test_texts(void **state)
{
	assert_told("{\"a\":\"x\\\"\\\\\\/\\n\\t\",\"b\\n\":\"\"}", "a='x\"\\/\n\t'; b\n=''; ");
	assert_told("{\"a\":\"\\u0041\\u00e9\\u20AC\\uD83D\\uDE00\"}",
		    "a='A\u00e9\u20ac\U0001F600'; ");
	assert_told("{\"a\":\"\\ud83d\",\"b\":\"x\\u0000y\"}", "a='\ufffd'; b='x\u2400y'; ");
}

/* Cut anywhere, and nested too deep: there is less. */
static void test_cut(void **state)
{
	static const char json[] =
		"{\"a\":{\"b\":[1,-2.5,\"\\ud83d\\ude00\",null,true]},\"c\\u0000\":{}}";
	char deep[2 * PERFETTO_JSON_MAX_NESTING + 40] = "{\"a\":";

	for (size_t size = 0; size < sizeof(json); size++) {
		struct bytes message = {};
		char *cut = malloc(size + 1);

		memcpy(cut, json, size);
		perfetto_put_json(&message, MEMBER, cut, size);
		assert_false(message.failed);
		bytes_destroy(&message);
		free(cut);
	}
	memset(deep + strlen(deep), '[', PERFETTO_JSON_MAX_NESTING + 20);
	struct bytes message = {};
	perfetto_put_json(&message, MEMBER, deep, strlen(deep));
	assert_true(message.size && !message.failed);
	bytes_destroy(&message);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_texts),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
