// SPDX-License-Identifier: MIT
// Writes below the lowest byte of a thread's stack, to be ended by its guard; before, other threads
// had the stack. `none` as argument: the lowest byte itself, and comes to its end.
#include <pthread.h>
#include <string.h>

static void *leave(void *argument)
{
    return argument;
}

static void *write_below(void *argument)
{
    pthread_attr_t attributes;
    void *lowest;
    size_t size;
    if (pthread_getattr_np(pthread_self(), &attributes) != 0) return argument;
    if (pthread_attr_getstack(&attributes, &lowest, &size) != 0) return argument;
    *((volatile char *)lowest - *(const int *)argument) = 1;
    return nullptr;
}

int main(int count, char **arguments)
{
    int distance = count > 1 && strcmp(arguments[1], "none") == 0 ? 0 : 1;
    pthread_t thread;
    void *result;
    for (int i = 0; i < 3; i++) {
        if (pthread_create(&thread, nullptr, leave, nullptr) != 0) return 2;
        if (pthread_join(thread, nullptr) != 0) return 2;
    }
    if (pthread_create(&thread, nullptr, write_below, &distance) != 0) return 2;
    return pthread_join(thread, &result) == 0 && result == nullptr ? 0 : 2;
}
