/* SPDX-License-Identifier: MIT */
/* goroutine_state.h - goroutines' states (enum goroutine_state) by name. */
#ifndef GOFUNCGRAPH_NAMES_GOROUTINE_STATE_H
#define GOFUNCGRAPH_NAMES_GOROUTINE_STATE_H

#include <stdbool.h>
#include <stdint.h>

/* "RUNNABLE"; "STATE 77" in `text` for a number that is not known. STATE_SCAN is ignored. */
#define STATE_NAME_SIZE 16
const char *state_name(uint8_t state, char text[STATE_NAME_SIZE]);
/* The number of a name, in any case of letters. False: there is none. */
bool state_from_name(const char *name, uint8_t *state);
/* All names, for messages: "IDLE, RUNNABLE, ...". Static. */
const char *state_names(void);

#endif
