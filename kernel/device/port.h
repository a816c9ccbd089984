// SPDX-License-Identifier: MIT
// I/O ports, on machines that have them: the port (arch/) registers how they are accessed. Width is
// 1, 2 or 4 bytes; the range was checked.
#pragma once

#include <stdint.h>

struct port_access {
    uint32_t (*read)(uint16_t port, uint32_t width);
    void (*write)(uint16_t port, uint32_t width, uint32_t value);
};

extern const struct port_access *port_access; // nullptr: no I/O ports on this machine
