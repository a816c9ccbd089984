// SPDX-License-Identifier: MIT
// A detached thread with a stack for calls that are not deep; see <thread/thread.h>.
#include <thread/thread.h>

#include <pthread.h>
#include <stddef.h>

enum : size_t { STACK = 64 * 1024 };

bool thread_run(void *(*run)(void *), void *argument)
{
    pthread_attr_t how;
    pthread_t thread;
    pthread_attr_init(&how);
    pthread_attr_setstacksize(&how, STACK);
    pthread_attr_setdetachstate(&how, PTHREAD_CREATE_DETACHED);
    int error = pthread_create(&thread, &how, run, argument);
    pthread_attr_destroy(&how);
    return error == 0;
}
