/* SPDX-License-Identifier: MIT */
/* goroutines_notes.h - numbers that goroutines.c writes, and goroutines_read.c reads. */
#ifndef RECORDING_GOROUTINES_NOTES_H
#define RECORDING_GOROUTINES_NOTES_H

enum goroutine_flags { GOROUTINE_KEEPS_THREAD = 1 << 0, GOROUTINE_HAS_MOVED = 1 << 1 };
enum frame_flags { FRAME_IS_OWN = 1 << 0, FRAME_IS_HIDDEN = 1 << 1 };
/* What comes of places, up to PLACE_END: each where it is needed first. */
enum place_note { PLACE_END, PLACE_FRAMES, PLACE_SYSTEM, PLACE_REASON };

#endif
