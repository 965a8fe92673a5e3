/* SPDX-License-Identifier: MIT */
/* fuzz_text.c - whatever goes in, what comes out of text_escape() is safe, and parsers stay sane.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/text.h"
#include "must.h"
#include "process/cgroup.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void check_escape(const char *text, size_t size)
{
	_cleanup_free_ char *escaped = text_escape(text, size);

	if (!escaped)
		return;
	size_t len = strlen(escaped);
	must(len >= size && len <= size * 4);
	must(text_is_clean(escaped, len));
	must(text_is_clean(text, size) == (len == size && memcmp(escaped, text, size) == 0));
	for (size_t i = 0; i < len;) {
		size_t length = text_utf8_length(escaped + i, len - i);
		must(length >= 1 && length <= 4);
		must(length > 1 || (escaped[i] >= 0x20 && escaped[i] < 0x7f));
		i += length;
	}
}

static void check_parsers(const char *text)
{
	char out[TEXT_DURATION_SIZE > TEXT_TIME_SIZE ? TEXT_DURATION_SIZE : TEXT_TIME_SIZE];
	uint64_t value = 0;
	struct error *err = text_parse_duration(text, &value);

	must((err == NULL) == (value != 0));
	error_free(err);
	must(text_format_duration(out, value) < TEXT_DURATION_SIZE);
	must(text_format_time(out, value) < TEXT_TIME_SIZE);

	value = 0;
	err = text_parse_size(text, &value);
	must((err == NULL) == (value != 0));
	error_free(err);

	value = 0;
	err = text_parse_count(text, 1000, &value);
	must((err == NULL) == (value != 0) && value <= 1000);
	error_free(err);
}

static void check_cgroup(const char *text)
{
	size_t length = 0, size = strlen(text);
	const char *id = cgroup_container_id(text, &length);

	must(!id || (length && id >= text && id + length <= text + size));
	length = cgroup_pod_length(text);
	must(length <= size && (!length || !text[length] || text[length] == '/'));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 4096)
		return 0;
	_cleanup_free_ char *text = malloc(size + 1);
	must(text);
	memcpy(text, data, size);
	text[size] = '\0';
	check_escape(text, size);
	check_parsers(text);
	check_cgroup(text);
	return 0;
}
