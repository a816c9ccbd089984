// SPDX-License-Identifier: MIT
// Between the two parts of the Advanced Interrupt Architecture: wired lines, which an APLIC turns
// into messages where harts have an IMSIC each.
#pragma once

#include <abi/status.h>
#include <stdint.h>

struct dtb;

// The APLIC that sends to the IMSIC whose phandle this is; false: there is none.
bool aplic_open_sender(const struct dtb *dtb, uint32_t phandle);

// How many sources it has; 0: it is not there.
uint32_t aplic_count(void);

// The mode of a source's line by INTERRUPT_*, and where it goes: a hart's index, and the identity
// of its message or, without messages, its priority.
enum status aplic_configure(uint32_t source, uint32_t flags, uint32_t hart, uint32_t identity);
void aplic_mask(uint32_t source);
void aplic_unmask(uint32_t source);
