/* SPDX-License-Identifier: MIT */
/* test_throttle.c - cpu.stat of both kinds of cgroups; mountinfo's lines. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "base/mounts.h"
#include "process/throttle.h"

static void test_unified(void **state)
{
	struct throttle_stat stat;

	assert_true(throttle_parse("usage_usec 1\nuser_usec 1\nsystem_usec 0\nnr_periods 12\n"
				   "nr_throttled 3\nthrottled_usec 4567\nnr_bursts 0\n",
				   &stat));
	assert_int_equal(stat.periods, 12);
	assert_int_equal(stat.throttled, 3);
	assert_int_equal(stat.time_ns, 4567000);
}

static void test_first_version(void **state)
{
	struct throttle_stat stat;

	assert_true(
		throttle_parse("nr_periods 7\nnr_throttled 5\nthrottled_time 123456789", &stat));
	assert_int_equal(stat.periods, 7);
	assert_int_equal(stat.throttled, 5);
	assert_int_equal(stat.time_ns, 123456789);
}

/* cgroup v2 without the cpu controller, and nonsense. */
static void test_no_quota(void **state)
{
	static const char *const texts[] = {
		"",
		"\n",
		"usage_usec 1\nuser_usec 1\nsystem_usec 0\n",
		"nr_throttled",
		"nr_throttled x",
		"xnr_throttled 5\n",
	};
	struct throttle_stat stat;

	for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++)
		assert_false(throttle_parse(texts[i], &stat));
}

static void test_lists(void **state)
{
	assert_true(mounts_list_has("rw,cpu,cpuacct", "cpu"));
	assert_true(mounts_list_has("rw,cpu,cpuacct", "cpuacct"));
	assert_true(mounts_list_has("cpu", "cpu"));
	assert_false(mounts_list_has("rw,cpuacct,cpuset", "cpu"));
	assert_false(mounts_list_has("", "cpu"));
}

static void assert_path(const char *root, const char *point, const char *path, const char *wanted)
{
	struct mount mount = {.root = (char *)root, .point = (char *)point};
	char *found = mount_path(&mount, path);

	if (wanted)
		assert_string_equal(found, wanted);
	else
		assert_null(found);
	free(found);
}

static void test_paths(void **state)
{
	assert_path("/", "/sys/fs/cgroup", "/a/b", "/sys/fs/cgroup/a/b");
	assert_path("/", "/sys/fs/cgroup", "/", "/sys/fs/cgroup");
	assert_path("/docker/1", "/sys/fs/cgroup", "/docker/1", "/sys/fs/cgroup");
	assert_path("/docker/1", "/sys/fs/cgroup", "/docker/1/a", "/sys/fs/cgroup/a");
	assert_path("/docker/1", "/sys/fs/cgroup", "/docker/12", NULL);
	assert_path("/docker/1", "/sys/fs/cgroup", "/", NULL);
	assert_path("/", "/", "/bin/x", "/bin/x");
	assert_path("/", "/", "/", "/");
	assert_path("/a", "/", "/a", "/");
}

static void test_escapes(void **state)
{
	char text[] = "a\\040b\\054c\\134d\\9\\04";

	mounts_unescape(text);
	assert_string_equal(text, "a b,c\\d\\9\\04");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unified),  cmocka_unit_test(test_first_version),
		cmocka_unit_test(test_no_quota), cmocka_unit_test(test_lists),
		cmocka_unit_test(test_paths),    cmocka_unit_test(test_escapes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
