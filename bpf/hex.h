/* SPDX-License-Identifier: MIT OR GPL-2.0 */
/* hex.h - digits of ids. Without branches, of which the verifier would look through all there are. */
#ifndef BPF_HEX_H
#define BPF_HEX_H

#include "fetched.h"

/* The value of a digit, as W3C Trace Context has them, in small letters; another one leaves bits in `*wrong`. */
static __always_inline __u64 hex_digit(__u64 c, __u64 *wrong)
{
	__u64 no_digit = (c - '0') | ('9' - c), no_letter = (c - 'a') | ('f' - c);

	*wrong |= (no_digit & no_letter) >> 63;
	return (c & 15) + 9 * (c >> 6 & 1);
}

static __always_inline __u64 hex_byte(const __u8 *text, __u64 *wrong)
{
	__u64 high = hex_digit(text[0], wrong);

	return high << 4 | hex_digit(text[1], wrong);
}

static __always_inline void hex_bytes(const __u8 *text, __u8 *to, __u32 size, __u64 *wrong)
{
#pragma clang loop unroll(disable)
	for (__u32 i = 0; i < size; i++)
		to[i] = hex_byte(text + 2 * i, wrong);
}

#endif
