/* SPDX-License-Identifier: MIT */
/* features.h - what this kernel lets a uprobe program do, found by loading tiny ones, never by
 * version. */
#ifndef SOURCE_FEATURES_H
#define SOURCE_FEATURES_H

#include <stdbool.h>
#include <stdint.h>

bool feature_attach_cookie(void); /* bpf_get_attach_cookie(), Linux 5.15 */
bool feature_ring_buffer(void); /* Linux 5.8 */
/* Programs may write the registers (Linux 6.18, and not every build of it). */
bool feature_write_registers(uint32_t expected_attach_type);

#endif
