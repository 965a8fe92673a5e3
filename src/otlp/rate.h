/* SPDX-License-Identifier: MIT */
/*
 * rate.h - at most so many spans a second leave the machine, in whole trees.
 *
 * What is saved up is at most a second's. A tree goes when there is anything left, however large it is; then
 * those behind it stay until that is made up for.
 */
#ifndef OTLP_RATE_H
#define OTLP_RATE_H

#include <stdbool.h>
#include <stdint.h>

/* All zero but per_second: it begins. */
struct otlp_rate {
	uint64_t per_second; /* 0: any number */
	uint64_t last_ns; /* when it was asked last; 0: never */
	double left; /* spans */
};

/* A tree of so many spans goes, at this time by any clock. */
bool otlp_rate_allows(struct otlp_rate *rate, uint64_t now_ns, uint64_t num_spans);

#endif
