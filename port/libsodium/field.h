// SPDX-License-Identifier: MIT
// Given to the compiler before each of libsodium's files: which of its two fields is the faster one,
// that with products of 128 bits, or that for machines of 32 bits.
#pragma once

#ifdef __SIZEOF_INT128__
#define HAVE_TI_MODE 1
#endif
