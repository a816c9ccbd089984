// SPDX-License-Identifier: MIT
// What the transports share.
#pragma once

#include <abi/status.h>
#include <stdint.h>

// Maps the window of device registers that the start handle `name` stands for; the handle's value
// is where in the window the registers begin. ERR_NOT_FOUND: no such handle.
enum status virtio_map_window(const char *name, volatile uint8_t **at);
