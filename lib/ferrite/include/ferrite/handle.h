// SPDX-License-Identifier: MIT
// Handles that close themselves, and copies with fewer rights.
#pragma once

#include <abi/object.h>
#include <abi/status.h>

// Closes *handle if it is one, and clears it.
void fe_handle_drop(fe_handle *handle);

// A variable that drops its handle when it goes out of scope; fe_handle_take() saves it from that.
#define FE_HANDLE [[gnu::cleanup(fe_handle_drop)]] fe_handle

static inline fe_handle fe_handle_take(fe_handle *handle)
{
    fe_handle taken = *handle;
    *handle = FE_NO_HANDLE;
    return taken;
}

// A duplicate with all the rights of the original.
enum status fe_handle_copy(fe_handle handle, fe_handle *copy);
