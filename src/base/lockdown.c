/* SPDX-License-Identifier: MIT */
#include "base/lockdown.h"

#include <string.h>

#include "base/cleanup.h"

bool lockdown_is_confidential(void)
{
	_cleanup_fclose_ FILE *lockdown = fopen("/sys/kernel/security/lockdown", "re");
	char line[128];

	return lockdown && fgets(line, sizeof(line), lockdown) && strstr(line, "[confidentiality]");
}
