/* SPDX-License-Identifier: MIT */
#include "gofuncgraph/states.h"
