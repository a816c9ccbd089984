// SPDX-License-Identifier: MIT
// Descriptors for files that the program has got otherwise; see <posix/adopt.h>.
#include "file.h"
#include "thread.h"
#include <errno.h>
#include <posix/adopt.h>

long posix_adopt(struct p9_file *p9, int flags)
{
    struct thread *thread = thread_self();
    thread_enter(thread);
    struct file *file = file_create(p9, flags);
    long number = file == nullptr ? -ENOMEM : file_install(file, flags);
    thread_leave(thread);
    return number;
}
