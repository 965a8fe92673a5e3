/* SPDX-License-Identifier: MIT */
/* changes.h - blocks that change what is known of the records behind them, but for names and values. */
#ifndef RECORDING_CHANGES_H
#define RECORDING_CHANGES_H

#include "recording/player.h"

/* `kind`: enum block_kind; of others nothing is changed. False: it is not what it says. */
bool change_take(struct player_state *state, uint32_t kind, struct cursor *bytes);

#endif
