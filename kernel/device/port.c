// SPDX-License-Identifier: MIT
// Nobody has I/O ports until a port of the kernel says so.
#include "kernel/device/port.h"

const struct port_access *port_access;
