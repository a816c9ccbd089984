// SPDX-License-Identifier: MIT
// The system calls of messages on RISC-V, 32 bits: all of it is C, but for the instruction.
#pragma once

#include "arch/message.h"
