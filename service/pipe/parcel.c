// SPDX-License-Identifier: MIT
// Open files on their way from one socket to another: handles of sessions that hold them, which
// this service keeps and never uses. They come with the first byte of what was sent with them, and
// what is received ends before the next. A socket may be on its way to itself, so that nobody can
// ever close it: therefore a user has only so many under way.
#include "socket.h"
#include <errno.h>
#include <ferrite/handle.h>
#include <stdlib.h>
#include <string.h>

enum : uint32_t { OF_USER_MAX = 256 };

static struct parcel *all;

static uint32_t count_of(uint32_t uid)
{
    uint32_t count = 0;
    for (const struct parcel *at = all; at != nullptr; at = at->next_of_all)
        count += at->uid == uid;
    return count;
}

int parcel_create(struct p9_request *request, const void *text, size_t size, struct parcel **made)
{
    uint32_t uid = request->identity->uid;
    if (count_of(uid) >= OF_USER_MAX) return -ETOOMANYREFS;
    struct parcel *parcel = calloc(1, sizeof *parcel + size);
    if (parcel == nullptr) return -ENOMEM;
    parcel->uid = uid;
    parcel->size = size;
    memcpy(parcel->text, text, size);
    for (uint32_t i = 0; i < request->handle_count && i < FE_MESSAGE_HANDLES; i++)
        parcel->handle[parcel->count++] = p9_take_handle(request, i);
    parcel->next_of_all = all;
    if (all != nullptr) all->previous_of_all = parcel;
    all = parcel;
    *made = parcel;
    return 0;
}

void parcel_destroy(struct parcel *parcel)
{
    if (parcel == nullptr) return;
    for (uint32_t i = 0; i < parcel->count; i++) fe_handle_drop(&parcel->handle[i]);
    *(parcel->previous_of_all ? &parcel->previous_of_all->next_of_all : &all) = parcel->next_of_all;
    if (parcel->next_of_all != nullptr)
        parcel->next_of_all->previous_of_all = parcel->previous_of_all;
    free(parcel);
}

void parcel_add(struct socket *to, struct parcel *parcel)
{
    if (parcel == nullptr) return;
    struct parcel **at = &to->parcels;
    while (*at != nullptr) at = &(*at)->next;
    parcel->at = to->taken + to->inbox.buffer.size;
    *at = parcel;
    to->parcel_count++;
}

struct parcel *parcel_first(const struct socket *socket)
{
    struct parcel *first = socket->parcels;
    return first != nullptr && first->at == socket->taken ? first : nullptr;
}

uint64_t parcel_distance(const struct socket *socket)
{
    const struct parcel *next = socket->parcels;
    if (parcel_first(socket) != nullptr) next = next->next;
    return next == nullptr ? UINT64_MAX : next->at - socket->taken;
}

struct parcel *parcel_advance(struct socket *socket, size_t count)
{
    struct parcel *first = count == 0 ? nullptr : parcel_first(socket);
    if (first != nullptr) {
        socket->parcels = first->next;
        socket->parcel_count--;
    }
    socket->taken += count;
    return first;
}

void parcel_clear(struct socket *socket)
{
    while (socket->parcels != nullptr) {
        struct parcel *next = socket->parcels->next;
        parcel_destroy(socket->parcels);
        socket->parcels = next;
    }
    socket->parcel_count = 0;
}
