// SPDX-License-Identifier: MIT
// The system calls of messages on the empty port: all of it is C.
#pragma once

#include "arch/message.h"
