// SPDX-License-Identifier: MIT
// The fids of the connection, in a hash table that grows with them. A fid that was clunked lives
// until the requests that use it have ended.
#include "exportfs.h"

#include <stdlib.h>
#include <string.h>

enum : uint32_t { FID_LIMIT = 65536 };

static struct fe_lock lock;
static struct fid **table;
static uint32_t capacity, count; // capacity: a power of two

static struct fid **place_of(uint32_t number)
{
    struct fid **at = &table[number * 2654435761u & (capacity - 1)];
    while (*at && (*at)->number != number) at = &(*at)->next;
    return at;
}

// With the lock.
static int grow(void)
{
    uint32_t old = capacity;
    struct fid **before = table, **fresh = calloc(old ? old * 2 : 64, sizeof(*fresh));
    if (fresh == nullptr) return -ENOMEM;
    table = fresh;
    capacity = old ? old * 2 : 64;
    for (uint32_t i = 0; i < old; i++) {
        for (struct fid *next, *fid = before[i]; fid; fid = next) {
            next = fid->next;
            fid->next = nullptr;
            *place_of(fid->number) = fid;
        }
    }
    free(before);
    return 0;
}

static void destroy(struct fid *fid)
{
    p9_close(fid->file);
    proof_free(fid->proof);
    free(fid->path);
    free(fid);
}

// With the lock.
static int add(struct fid *fid)
{
    if (count == FID_LIMIT) return -EMFILE;
    if (count >= capacity) {
        int result = grow();
        if (result != 0) return result;
    }
    struct fid **at = place_of(fid->number);
    if (*at) return -EEXIST;
    *at = fid;
    count++;
    return 0;
}

int fid_create(uint32_t number, const char *path, struct proof *proof, struct fid **made)
{
    struct fid *fid = calloc(1, sizeof *fid);
    if (fid == nullptr) {
        proof_free(proof);
        return -ENOMEM;
    }
    fid->proof = proof;
    fid->number = number;
    fid->references = 2;
    fid->path = strdup(path);
    int result = -ENOMEM;
    if (fid->path && number != WIRE_NO_FID) {
        fe_lock_take(&lock);
        result = add(fid);
        fe_lock_release(&lock);
    }
    if (result != 0) {
        destroy(fid);
        return result;
    }
    *made = fid;
    return 0;
}

struct fid *fid_get(uint32_t number)
{
    fe_lock_take(&lock);
    struct fid *fid = capacity ? *place_of(number) : nullptr;
    if (fid) fid->references++;
    fe_lock_release(&lock);
    return fid;
}

void fid_hold(struct fid *fid)
{
    fe_lock_take(&lock);
    fid->references++;
    fe_lock_release(&lock);
}

void fid_put(struct fid *fid)
{
    fe_lock_take(&lock);
    bool is_last = --fid->references == 0;
    fe_lock_release(&lock);
    if (is_last) destroy(fid);
}

int fid_remove(uint32_t number)
{
    fe_lock_take(&lock);
    struct fid **at = capacity ? place_of(number) : nullptr;
    struct fid *fid = at ? *at : nullptr;
    if (fid) {
        *at = fid->next;
        count--;
    }
    fe_lock_release(&lock);
    if (fid == nullptr) return -EBADF;
    polls_end(fid);
    fid_put(fid);
    return 0;
}

// Nobody else works with fids then.
void fids_clear(void)
{
    for (uint32_t i = 0; i < capacity; i++) {
        while (table[i]) (void)fid_remove(table[i]->number);
    }
}

void fid_path(struct fid *fid, char path[FE_PATH_MAX])
{
    fe_lock_take(&lock);
    strcpy(path, fid->path); // paths are shorter than FE_PATH_MAX: path_join sees to it
    fe_lock_release(&lock);
}

int fid_path_set(struct fid *fid, const char *path)
{
    char *copy = strdup(path);
    if (copy == nullptr) return -ENOMEM;
    fe_lock_take(&lock);
    char *old = fid->path;
    fid->path = copy;
    fe_lock_release(&lock);
    free(old);
    return 0;
}

int fid_open(struct fid *fid, struct p9_file *file)
{
    fe_lock_take(&lock);
    bool is_free = fid->file == nullptr;
    if (is_free) fid->file = file;
    fe_lock_release(&lock);
    return is_free ? 0 : -EBUSY;
}

// One fid whose path begins with `from`. What finds no memory, or would be too long, keeps its old
// path, which leads nowhere.
static void follow(struct fid *fid, const char *from, const char *to)
{
    size_t old = strlen(from), fresh = strlen(to), whole = strlen(fid->path);
    bool is_below =
        strncmp(fid->path, from, old) == 0 && (fid->path[old] == '\0' || fid->path[old] == '/');
    if (!is_below || whole - old + fresh >= FE_PATH_MAX) return;
    char *path = malloc(whole - old + fresh + 1);
    if (path == nullptr) return;
    memcpy(path, to, fresh);
    strcpy(path + fresh, fid->path + old);
    free(fid->path);
    fid->path = path;
}

void fid_renamed(const char *from, const char *to)
{
    fe_lock_take(&lock);
    for (uint32_t i = 0; i < capacity; i++) {
        for (struct fid *fid = table[i]; fid; fid = fid->next) follow(fid, from, to);
    }
    fe_lock_release(&lock);
}
