/* SPDX-License-Identifier: MIT */
/* polled_descriptor.h - which descriptor a goroutine waits for in the network poller ("IO wait"). */
#ifndef GOROUTINES_POLLED_DESCRIPTOR_H
#define GOROUTINES_POLLED_DESCRIPTOR_H

#include "goroutines/places.h"
#include "goroutines/snapshot.h"

/* Negative: it waits for none, or it is not known which. */
int polled_descriptor(const struct snapshot_source *source, struct places *places,
		      const struct goroutine *one);

#endif
