/* SPDX-License-Identifier: MIT */
/* test_otlp.c - what goes to a collector, how much of it, and what it answers; the queue before it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/protobuf.h"
#include "otlp/attribute.h"
#include "otlp/containers.h"
#include "otlp/exporter.h"
#include "otlp/rate.h"
#include "otlp/reply.h"
#include "otlp/request.h"

#define SECOND 1000000000ull

/* ---- attributes ---- */

static void assert_bytes(struct bytes *bytes, const void *expected, size_t size)
{
	assert_false(bytes->failed);
	assert_int_equal(bytes->size, size);
	assert_memory_equal(bytes->data, expected, size);
	bytes_destroy(bytes);
}

static void test_attributes(void **state)
{
	struct bytes bytes = {};

	attribute_text(&bytes, 9, "k", "text", 4);
	assert_bytes(&bytes, "\x4a\x0b\x0a\x01k\x12\x06\x0a\x04text", 13);
	attribute_number(&bytes, 1, "k", 300);
	assert_bytes(&bytes, "\x0a\x08\x0a\x01k\x12\x03\x18\xac\x02", 10);
	attribute_bool(&bytes, 1, "k", true);
	assert_bytes(&bytes, "\x0a\x07\x0a\x01k\x12\x02\x10\x01", 9);
	attribute_real(&bytes, 1, "k", -0.5);
	assert_bytes(&bytes, "\x0a\x0e\x0a\x01k\x12\x09\x21\0\0\0\0\0\0\xe0\xbf", 16);
	attribute_string(&bytes, 1, "k", "");
	attribute_string(&bytes, 1, "k", NULL);
	assert_int_equal(bytes.size, 0);
}

/* A size that takes two bytes makes those around it larger, too. */
static void test_long_attribute(void **state)
{
	struct bytes bytes = {};
	char text[126];

	memset(text, 'x', sizeof(text));
	attribute_text(&bytes, 1, "k", text, sizeof(text));
	struct cursor message = cursor_of(bytes.data, bytes.size);
	assert_int_equal(cursor_number(&message), 0x0a);
	assert_int_equal(cursor_number(&message), bytes.size - 3);
	cursor_take(&message, 3);
	assert_int_equal(cursor_number(&message), 0x12);
	assert_int_equal(cursor_number(&message), 128);
	assert_int_equal(cursor_number(&message), 0x0a);
	assert_int_equal(cursor_number(&message), 126);
	assert_int_equal(message.end - message.at, 126);
	bytes_destroy(&bytes);
}

/* ---- how many ---- */

static void test_rate(void **state)
{
	struct otlp_rate rate = {.per_second = 10}, any = {};
	uint64_t now = 5 * SECOND;

	assert_true(otlp_rate_allows(&any, now, 1u << 30));
	/* What was saved up in a second, and no more than that. */
	assert_true(otlp_rate_allows(&rate, now, 9));
	assert_true(otlp_rate_allows(&rate, now, 6));
	assert_false(otlp_rate_allows(&rate, now, 1));
	/* What went beyond it is made up for first: 5. */
	assert_false(otlp_rate_allows(&rate, now + SECOND / 2, 1));
	assert_true(otlp_rate_allows(&rate, now + SECOND, 5));
	/* Time that goes back is no time. */
	assert_false(otlp_rate_allows(&rate, now + SECOND / 2, 100));
	now += 1000 * SECOND;
	assert_true(otlp_rate_allows(&rate, now, 10));
	assert_false(otlp_rate_allows(&rate, now, 1));
}

/* ---- settings ---- */

static void set(const char *name, const char *value)
{
	char full[64];

	snprintf(full, sizeof(full), "OTEL_EXPORTER_OTLP_%s", name);
	assert_int_equal(value ? setenv(full, value, 1) : unsetenv(full), 0);
}

static void assert_url(const char *address, const char *expected)
{
	struct otlp_settings settings = {};

	assert_null(otlp_settings_read(&settings, address));
	assert_string_equal(settings.url, expected);
	otlp_settings_destroy(&settings);
}

static void test_address(void **state)
{
	assert_url("http://h:4318", "http://h:4318/v1/traces");
	assert_url("https://h/", "https://h/v1/traces");
	assert_url("HTTPS://h/", "HTTPS://h/v1/traces");
	assert_url("http://h/own/", "http://h/own/");
	assert_url("http://h?key=a/b", "http://h/v1/traces?key=a/b");
	assert_url("http://h/?key=a", "http://h/v1/traces?key=a");
	assert_url("http://h/own?key=a", "http://h/own?key=a");
	set("ENDPOINT", "http://h/base/");
	assert_url(NULL, "http://h/base/v1/traces");
	set("ENDPOINT", "http://h/base/?key=a");
	assert_url(NULL, "http://h/base/v1/traces?key=a");
	set("TRACES_ENDPOINT", "http://t");
	assert_url(NULL, "http://t");
	assert_url("http://h", "http://h/v1/traces");
	set("TRACES_ENDPOINT", NULL);
	set("ENDPOINT", NULL);
}

static void assert_compresses(const char *address, bool expected)
{
	struct otlp_settings settings = {};

	assert_null(otlp_settings_read(&settings, address));
	assert_int_equal(settings.compresses, expected);
	otlp_settings_destroy(&settings);
}

/* Not to this machine, unless it is asked for. */
static void test_compression(void **state)
{
	assert_compresses("http://collector:4318", true);
	assert_compresses("http://localhost.example:4318", true);
	assert_compresses("http://127.0.0.10", true);
	assert_compresses("http://127.0.0.1", false);
	assert_compresses("https://user:password@LocalHost:4318", false);
	assert_compresses("http://[::1]:4318/v1/traces", false);
	set("COMPRESSION", "gzip");
	assert_compresses("http://127.0.0.1:4318", true);
	set("COMPRESSION", NULL);
}

static void test_shown(void **state)
{
	assert_string_equal(otlp_url_shown("http://h:1/a@b").text, "http://h:1/a@b");
	assert_string_equal(otlp_url_shown("https://user:pass@word@h:1/a").text, "h:1/a");
	assert_string_equal(otlp_url_shown("user:password@h").text, "h");
	assert_string_equal(otlp_url_shown("").text, "");
	assert_string_equal(otlp_url_shown("http://h/a?key=secret").text, "http://h/a?...");
	assert_string_equal(otlp_url_shown("http://user@h?key=secret@b").text, "h?...");
}

static void test_settings(void **state)
{
	struct otlp_settings settings = {};

	set("HEADERS", " a%2541 = b%20c , d=%zz,,e=");
	set("TIMEOUT", "2000");
	set("TRACES_TIMEOUT", "3000");
	set("COMPRESSION", "none");
	set("CERTIFICATE", "/dev/null");
	assert_null(otlp_settings_read(&settings, "http://h"));
	assert_int_equal(settings.num_headers, 3);
	assert_string_equal(settings.headers[0], "a%41: b c");
	assert_string_equal(settings.headers[1], "d: %zz");
	assert_string_equal(settings.headers[2], "e;");
	assert_int_equal(settings.timeout_ms, 3000);
	assert_false(settings.compresses);
	assert_string_equal(settings.certificate, "/dev/null");
	otlp_settings_destroy(&settings);
	set("HEADERS", NULL);
	set("TIMEOUT", NULL);
	set("TRACES_TIMEOUT", NULL);
	set("COMPRESSION", NULL);
	set("CERTIFICATE", NULL);
}

static void assert_refused(const char *variable, const char *value, const char *message)
{
	struct otlp_settings settings = {};
	struct error *err;

	set(variable, value);
	err = otlp_settings_read(&settings, NULL);
	assert_non_null(err);
	assert_ptr_equal(strstr(error_message(err), message), error_message(err));
	error_free(err);
	otlp_settings_destroy(&settings);
	set(variable, NULL);
}

/* The variable that is wrong is named, not the one that it goes before. */
static void test_wrong_settings(void **state)
{
	set("ENDPOINT", "http://h");
	set("TIMEOUT", "2000");
	assert_refused("TRACES_TIMEOUT", "5s", "OTEL_EXPORTER_OTLP_TRACES_TIMEOUT is '5s': ");
	set("TIMEOUT", NULL);
	assert_refused("TIMEOUT", "5s", "OTEL_EXPORTER_OTLP_TIMEOUT is '5s': ");
	assert_refused("TRACES_ENDPOINT", "h", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT is 'h': ");
	assert_refused("ENDPOINT", "h:1", "OTEL_EXPORTER_OTLP_ENDPOINT is 'h:1': ");
	set("ENDPOINT", "http://h");
	assert_refused("TRACES_HEADERS", "a", "OTEL_EXPORTER_OTLP_TRACES_HEADERS is no list");
	assert_refused("TRACES_COMPRESSION", "zip",
		       "OTEL_EXPORTER_OTLP_TRACES_COMPRESSION is 'zip': ");
	assert_refused("TRACES_PROTOCOL", "grpc", "OTEL_EXPORTER_OTLP_TRACES_PROTOCOL is 'grpc'");
	assert_refused("TRACES_CLIENT_KEY", "/no/key",
		       "cannot read OTEL_EXPORTER_OTLP_TRACES_CLIENT_KEY, /no/key");
	assert_refused("CERTIFICATE", "/no/ca",
		       "cannot read OTEL_EXPORTER_OTLP_CERTIFICATE, /no/ca");
	set("ENDPOINT", NULL);
}

/* ---- containers ---- */

#define ID "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

static void assert_container(const char *cgroups, const char *id, const char *pod)
{
	struct container container = container_of_cgroups(cgroups);

	assert_string_equal(container.id, id);
	assert_string_equal(container.pod, pod);
}

static void test_containers(void **state)
{
	static const char pod[] = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee";

	assert_container("", "", "");
	assert_container("0::/user.slice/session-3.scope\n", "", "");
	assert_container("0::/system.slice/docker-" ID ".scope\n", ID, "");
	assert_container("12:cpu:/\n1:name=systemd:/docker/" ID "\n", ID, "");
	assert_container("0::/kubepods/burstable/podaaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee/" ID, ID,
			 pod);
	assert_container(
		"0::/kubepods.slice/kubepods-podaaaaaaaa_bbbb_cccc_dddd_eeeeeeeeeeee.slice/cri-containerd-" ID
		".scope\n",
		ID, pod);
	assert_container("0::/x" ID "0\n", "", "");
	assert_container("0::/podaaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeee\n", "", "");
}

/* ---- answers ---- */

#define BYTES(text) text, sizeof(text) - 1

static void test_answers(void **state)
{
	struct otlp_reply reply = otlp_reply_read_success(BYTES("\x0a\x09\x08\x03\x12\x05wh\ny?"));

	assert_int_equal(reply.num_rejected, 3);
	assert_string_equal(reply.message, "wh\\x0ay?");
	reply = otlp_reply_read_success(NULL, 0);
	assert_int_equal(reply.num_rejected, 0);
	assert_string_equal(reply.message, "");
	reply = otlp_reply_read_refusal(BYTES("\x08\x03\x12\x02no"));
	assert_string_equal(reply.message, "no");
	reply = otlp_reply_read_refusal(BYTES("<html>"));
	assert_string_equal(reply.message, "<html>");
}

/* ---- requests ---- */

static struct otlp_load *load_of(struct otlp_resource *resource, size_t size)
{
	struct otlp_load *load = calloc(1, sizeof(*load));

	assert_non_null(load);
	*load = (struct otlp_load){
		.resource = otlp_resource_share(resource), .num_spans = 1, .num_trees = 1};
	assert_true(bytes_reserve(&load->spans, size));
	memset(load->spans.data, 'x', size);
	load->spans.size = size;
	return load;
}

/* How many members with this number, one behind the other. */
static size_t count_members(const struct bytes *body, unsigned member)
{
	struct cursor message = cursor_of(body->data, body->size);
	size_t count = 0, size;

	while (!cursor_is_at_end(&message)) {
		assert_int_equal(cursor_number(&message), member << 3 | PROTOBUF_SIZED);
		assert_non_null(cursor_sized(&message, &size));
		count++;
	}
	return count;
}

static struct otlp_resource *resource_of(pid_t pid)
{
	struct otlp_resource *resource = otlp_resource_new(&(struct otlp_process){.pid = pid});

	assert_non_null(resource);
	return resource;
}

/* The same request twice: the memory is that of the first. */
static void test_requests(void **state)
{
	struct otlp_resource *one = resource_of(1), *other = resource_of(2);
	struct otlp_load *first = load_of(one, 10);
	struct otlp_request request = {};
	uint8_t packed[1024];
	const struct bytes *body;
	size_t size;

	first->next = load_of(one, 10);
	first->next->next = load_of(other, 10);
	otlp_resource_free(one);
	otlp_resource_free(other);
	body = otlp_request_write(&request, first, false);
	assert_int_equal(count_members(body, 1), 2);
	body = otlp_request_write(&request, first, true);
	assert_memory_equal(body->data, "\x1f\x8b", 2);
	size = body->size;
	assert_in_range(size, 20, sizeof(packed));
	memcpy(packed, body->data, size);
	body = otlp_request_write(&request, first, true);
	assert_int_equal(body->size, size);
	assert_memory_equal(body->data, packed, size);
	otlp_request_destroy(&request);
	otlp_loads_free(first);
}

/* ---- resources ---- */

/* No process has such a number (PID_MAX_LIMIT of include/linux/threads.h). */
#define NOBODY (1u << 30)

static void assert_at(const struct otlp_resources *resources, uint32_t pid, uint64_t time_ns,
		      const struct otlp_resource *expected)
{
	struct otlp_resource *found = otlp_resources_at(resources, pid, time_ns);

	assert_ptr_equal(found, expected);
	otlp_resource_free(found);
}

/* Each life of a number has its own, whenever it is asked for. */
static void test_lives(void **state)
{
	struct otlp_resources resources = {};
	struct otlp_resource *first, *second;

	otlp_resources_hear(&resources, NOBODY, 10);
	otlp_resources_end(&resources, NOBODY, 20);
	otlp_resources_hear(&resources, NOBODY, 19); /* comes late */
	first = otlp_resources_at(&resources, NOBODY, 30);
	assert_at(&resources, NOBODY, 15, first);
	otlp_resources_hear(&resources, NOBODY, 25);
	second = otlp_resources_at(&resources, NOBODY, 30);
	assert_ptr_not_equal(first, second);
	assert_at(&resources, NOBODY, 20, first);
	assert_at(&resources, NOBODY, 5, first);
	otlp_resources_destroy(&resources);
	otlp_resource_free(first);
	otlp_resource_free(second);
}

static bool has(const struct otlp_resource *resource, const char *text)
{
	return memmem(resource->bytes.data, resource->bytes.size, text, strlen(text));
}

/* Those that are over make room; where none is over, what is told is nobody else's. */
static void test_many_lives(void **state)
{
	struct otlp_resources resources = {.common = {.is_here = true, .binary = "/x/shop"}};
	struct otlp_resource *found;

	for (uint32_t i = 0; i < 3 * OTLP_RESOURCES_MAX; i++) {
		otlp_resources_hear(&resources, NOBODY + i, i + 1);
		assert_in_range(resources.num_lives, 1, OTLP_RESOURCES_MAX);
		if (i < OTLP_RESOURCES_MAX)
			otlp_resources_end(&resources, NOBODY + i, i + 1);
	}
	assert_int_equal(resources.num_lives, OTLP_RESOURCES_MAX);
	otlp_resources_hear(&resources, (uint32_t)getpid(), 1);
	found = otlp_resources_at(&resources, (uint32_t)getpid(), 1);
	assert_true(has(found, "process.pid") && has(found, "shop") && !has(found, "host.name"));
	otlp_resource_free(found);
	found = otlp_resources_at(&resources, NOBODY + 3 * OTLP_RESOURCES_MAX - 1, 1);
	assert_false(has(found, "host.name"));
	otlp_resource_free(found);
	found = otlp_resources_at(&resources, NOBODY + 2 * OTLP_RESOURCES_MAX - 1, 1);
	assert_true(has(found, "host.name"));
	otlp_resource_free(found);
	otlp_resources_destroy(&resources);
}

/* ---- the queue ---- */

/* Nobody listens on port 1. */
static void test_queue_is_bounded(void **state)
{
	struct otlp_settings settings = {.url = strdup("http://127.0.0.1:1/"), .timeout_ms = 1};
	struct otlp_resource *resource = resource_of(1);
	struct otlp_exporter *exporter;
	struct otlp_counts counts;

	assert_null(otlp_exporter_new(&settings, false, NULL, &exporter));
	for (size_t i = 0; i < 5; i++)
		otlp_exporter_push(exporter, load_of(resource, OTLP_QUEUE_SIZE / 4));
	counts = otlp_exporter_counts(exporter);
	assert_int_equal(counts.no_room.trees, 2);
	assert_int_equal(counts.no_room.spans, 2);
	otlp_exporter_finish(exporter);
	counts = otlp_exporter_counts(exporter);
	assert_int_equal(counts.unsent.trees, 3);
	assert_int_equal(counts.sent.trees, 0);
	assert_false(otlp_exporter_gave_up(exporter));
	otlp_exporter_free(exporter);
	otlp_resource_free(resource);
}

/* Given up, as after an error of others: nothing is waited for. */
static void test_queue_is_given_up(void **state)
{
	struct otlp_settings settings = {.url = strdup("http://127.0.0.1:1/"), .timeout_ms = 1000};
	struct otlp_resource *resource = resource_of(1);
	struct otlp_exporter *exporter;

	assert_null(otlp_exporter_new(&settings, true, NULL, &exporter));
	otlp_exporter_push(exporter, load_of(resource, 10));
	otlp_exporter_free(exporter);
	otlp_resource_free(resource);
}

static bool always(void)
{
	return true;
}

/* Who is told to stop does not wait for a collector that takes nothing. */
static void test_queue_is_not_awaited(void **state)
{
	struct otlp_settings settings = {.url = strdup("http://127.0.0.1:1/"), .timeout_ms = 1};
	struct otlp_resource *resource = resource_of(1);
	struct otlp_exporter *exporter;
	struct otlp_counts counts;

	assert_null(otlp_exporter_new(&settings, true, always, &exporter));
	otlp_exporter_push(exporter, load_of(resource, OTLP_SHORT_QUEUE_SIZE));
	otlp_exporter_push(exporter, load_of(resource, 10));
	counts = otlp_exporter_counts(exporter);
	assert_int_equal(counts.no_room.trees, 1);
	assert_int_equal(counts.unsent.trees, 1);
	otlp_exporter_free(exporter);
	otlp_resource_free(resource);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_attributes),
		cmocka_unit_test(test_long_attribute),
		cmocka_unit_test(test_rate),
		cmocka_unit_test(test_address),
		cmocka_unit_test(test_compression),
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_settings),
		cmocka_unit_test(test_wrong_settings),
		cmocka_unit_test(test_containers),
		cmocka_unit_test(test_answers),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_lives),
		cmocka_unit_test(test_many_lives),
		cmocka_unit_test(test_queue_is_bounded),
		cmocka_unit_test(test_queue_is_given_up),
		cmocka_unit_test(test_queue_is_not_awaited),
	};

	setenv("no_proxy", "*", 1);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
