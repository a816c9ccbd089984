// SPDX-License-Identifier: MIT
// The options of bind and mount, of the programs as of namespace files.
#include "internal.h"

bool names_option(int option, uint32_t *flags)
{
    switch (option) {
    case 'a': *flags |= MOUNT_AFTER; break;
    case 'b': *flags |= MOUNT_BEFORE; break;
    case 'c': *flags |= MOUNT_CREATE; break;
    default: return false;
    }
    return (*flags & (MOUNT_AFTER | MOUNT_BEFORE)) != (MOUNT_AFTER | MOUNT_BEFORE);
}
