/* SPDX-License-Identifier: MIT */
/*
 * pod_logs.h - the names of pods, by the folders that the kubelet keeps for their logs on their node:
 * /var/log/pods/NAMESPACE_NAME_UID (pkg/kubelet/kuberuntime/helpers.go, BuildPodLogsDirectory()).
 */
#ifndef PROCESS_POD_LOGS_H
#define PROCESS_POD_LOGS_H

#include <stddef.h>

/* Of the pod of this uid, as cgroups are named after it: with dashes or underscores, or as its folder has it (static pods).
 * NULL: there is no such folder that we see. The caller frees it. */
char *pod_logs_name(const char *uid, size_t length);

#endif
