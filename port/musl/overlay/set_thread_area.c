// SPDX-License-Identifier: MIT
// The thread pointer is a register that the kernel loads, and of whose value it wants to be told.

#include "pthread_impl.h"

int fe_thread_pointer_set(unsigned long pointer); // an enum status: 0 is success

int __set_thread_area(void *pointer)
{
    return fe_thread_pointer_set((unsigned long)pointer) ? -1 : 0;
}
