// SPDX-License-Identifier: MIT
// What the device manager knows of device trees beyond their form.
#pragma once

#include <stdint.h>

struct dtb_interrupt;

// The kernel's number and flags (INTERRUPT_*) of an interrupt, from its controller's cells; false
// for a controller that is not known.
bool tree_interrupt(const struct dtb_interrupt *interrupt, uint32_t *number, uint32_t *flags);
