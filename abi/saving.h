// SPDX-License-Identifier: MIT
// By how much buffers are smaller where memory is dear and all of it is committed: arch.mk of such
// machines says it, for the kernel and for programs.
#pragma once

#ifndef FE_SAVING
#    define FE_SAVING 1
#endif
