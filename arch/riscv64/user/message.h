// SPDX-License-Identifier: MIT
// The system calls of messages on RISC-V, 64 bits: all of it is C.
#pragma once

#include "arch/message.h"
