// SPDX-License-Identifier: MIT
// Tells the kernel that this machine has I/O ports.
#pragma once

void port_io_init(void);
