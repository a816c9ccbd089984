// SPDX-License-Identifier: MIT
// The system calls of messages on i386: all of it is C.
#pragma once

#include "arch/message.h"
