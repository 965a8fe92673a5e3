/* SPDX-License-Identifier: MIT */
/* test_cgroup.c - what cgroups of containers and pods are called; walking through folders. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cmocka.h>

#include "process/cgroup.h"
#include "process/cgroup_walk.h"

#define ID  "0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
#define UID "1f6b0b2c-7c1e-4f5a-9d43-5a1c2b3d4e5f"

static void test_containers(void **state)
{
	static const char *const names[] = {
		ID,
		"docker-" ID ".scope",
		"cri-containerd-" ID ".scope",
		"crio-" ID ".scope",
		"libpod-" ID ".scope",
		("docker-" ID), /* cgroupfs, as podman and CRI-O name them */
	};
	size_t length;
	const char *id;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		id = cgroup_container_id(names[i], &length);
		assert_non_null(id);
		assert_int_equal(length, strlen(ID));
		assert_memory_equal(id, ID, length);
	}
}

static void test_no_containers(void **state)
{
	static const char *const names[] = {
		"",
		"docker-.scope",
		"docker-" ID ".slice",
		"docker-" ID "x.scope",
		"docker-0123456789abcdef.scope",
		ID ".scope",
		ID "x",
		"crio-conmon-" ID ".scope",
		"libpod-conmon-" ID ".scope",
		"other-" ID ".scope",
		("pod" UID),
		"init.scope",
	};
	size_t length;

	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		assert_null(cgroup_container_id(names[i], &length));
}

static void test_pods(void **state)
{
	static const struct {
		const char *folder, *below;
	} paths[] = {
		{"/kubepods/pod" UID, ""},
		{"/kubepods/burstable/pod" UID, "/" ID "/init"},
		{"/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod1f6b0b2c_7c1e_4f5a_9d43_5a1c2b3d4e5f.slice",
		 "/cri-containerd-" ID ".scope"},
		/* a static one, whose id is a hash */
		{"/kubepods/pod0123456789abcdef0123456789abcdef", "/" ID},
		/* a node that is a container itself */
		{"/docker/" ID "/kubelet/kubepods/pod" UID, "/" ID},
		/* no pod at all */
		{"/system.slice/docker-" ID ".scope", "/init.scope"},
		{"/docker/" ID, ""},
		{"//docker//" ID, "//a"},
	};
	char path[512];

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		snprintf(path, sizeof(path), "%s%s", paths[i].folder, paths[i].below);
		assert_int_equal(cgroup_pod_length(path), strlen(paths[i].folder));
	}
}

static void test_no_pods(void **state)
{
	static const char *const paths[] = {
		"",
		"/",
		"//",
		"/kubepods",
		"/kubepods/podman",
		"/user.slice/user-0.slice",
		"/podpod1f6b0b2c",
		"/tripod/a",
	};
	char *name = malloc(5000);

	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++)
		assert_int_equal(cgroup_pod_length(paths[i]), 0);
	assert_non_null(name);
	memset(name, 'a', 4999);
	name[0] = '/';
	name[4999] = 0;
	assert_int_equal(cgroup_pod_length(name), 0);
	free(name);
}

static void put(const char *folder, const char *text)
{
	char path[128];
	FILE *file;

	snprintf(path, sizeof(path), "%s/cgroup.procs", folder);
	file = fopen(path, "w");
	assert_non_null(file);
	fputs(text, file);
	fclose(file);
}

/* Folders that look like cgroups: all below are visited, and what is no process's number is left out. */
static void test_list(void **state)
{
	char top[] = "/tmp/gofuncgraph-cgroup-XXXXXX", inner[64], link[64], file[96];
	pid_t *pids;
	size_t count, sum = 0;

	assert_non_null(mkdtemp(top));
	snprintf(inner, sizeof(inner), "%s/.inner", top);
	snprintf(link, sizeof(link), "%s/loop", top);
	assert_int_equal(mkdir(inner, 0700), 0);
	assert_int_equal(symlink(".", link), 0);
	put(top, "12\n0\n\nx\n-3\n");
	put(inner, "99999999999999999999999999999999999999999999999\n30\n400");
	assert_null(cgroup_list(top, &pids, &count));
	for (size_t i = 0; i < count; i++)
		sum += pids[i] == 12 || pids[i] == 30 || pids[i] == 400 ? (size_t)pids[i] : 0;
	assert_int_equal(sum, 442);
	free(pids);
	snprintf(file, sizeof(file), "%s/cgroup.procs", inner);
	unlink(file);
	snprintf(file, sizeof(file), "%s/cgroup.procs", top);
	unlink(file);
	unlink(link);
	rmdir(inner);
	rmdir(top);
}

/* Nested without end, as far as anybody can tell: that hides nothing else. */
static void test_deep(void **state)
{
	char top[] = "/tmp/gofuncgraph-cgroup-XXXXXX";
	enum { DEPTH = 70 };
	pid_t *pids;
	size_t count;

	assert_non_null(mkdtemp(top));
	put(top, "12\n");
	assert_int_equal(chdir(top), 0);
	for (int i = 0; i < DEPTH; i++)
		assert_true(!mkdir("a", 0700) && !chdir("a"));
	put(".", "13\n");
	assert_null(cgroup_list(top, &pids, &count));
	assert_int_equal(count, 1);
	assert_int_equal(pids[0], 12);
	free(pids);
	unlink("cgroup.procs");
	for (int i = 0; i < DEPTH; i++)
		assert_true(!chdir("..") && !rmdir("a"));
	unlink("cgroup.procs");
	assert_int_equal(chdir("/"), 0);
	rmdir(top);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_containers), cmocka_unit_test(test_no_containers),
		cmocka_unit_test(test_pods),       cmocka_unit_test(test_no_pods),
		cmocka_unit_test(test_list),       cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
