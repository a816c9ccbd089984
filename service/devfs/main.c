// SPDX-License-Identifier: MIT
// The devices that are no hardware: null, zero, full, random and urandom; a link to
// where memory is shared by name (shm_open); and a folder in which
// there is nothing, to be bound where nothing else is to be seen.
#include <9p/tree.h>
#include <abi/errno.h>
#include <ferrite/entropy.h>
#include <ferrite/libc.h>

static int64_t read_nothing(struct p9_request *request, struct p9_open *open, uint64_t offset,
                            void *to, size_t count)
{
    return 0;
}

static int64_t read_zeros(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          void *to, size_t count)
{
    memset(to, 0, count);
    return (int64_t)count;
}

static int64_t read_random(struct p9_request *request, struct p9_open *open, uint64_t offset,
                           void *to, size_t count)
{
    return fe_entropy(to, count) ? (int64_t)count : -EIO;
}

static int64_t write_all(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         const void *from, size_t count)
{
    return (int64_t)count;
}

static int64_t write_full(struct p9_request *request, struct p9_open *open, uint64_t offset,
                          const void *from, size_t count)
{
    return -ENOSPC;
}

static const struct p9_operations null_operations = {.read = read_nothing, .write = write_all};
static const struct p9_operations zero_operations = {.read = read_zeros, .write = write_all};
static const struct p9_operations full_operations = {.read = read_zeros, .write = write_full};
static const struct p9_operations random_operations = {.read = read_random, .write = write_all};

static const struct p9_tree_entry table[] = {
    {.path = "empty", .mode = MODE_DIRECTORY | 0555},
    {.path = "shm", .mode = MODE_LINK | 0777, .target = "/tmp/shm"},
    {.path = "null", .mode = MODE_CHARACTER | 0666, .operations = &null_operations},
    {.path = "zero", .mode = MODE_CHARACTER | 0666, .operations = &zero_operations},
    {.path = "full", .mode = MODE_CHARACTER | 0666, .operations = &full_operations},
    {.path = "random", .mode = MODE_CHARACTER | 0666, .operations = &random_operations},
    {.path = "urandom", .mode = MODE_CHARACTER | 0666, .operations = &random_operations},
};

int main(int count, char **arguments)
{
    static struct p9_server server = {.name = "devfs"};
    if (p9_tree_create(table, sizeof table / sizeof table[0], &server.root) != 0) return 2;
    if (p9_server_init(&server) != OK || p9_server_ready(&server, "", nullptr) != OK) return 3;
    p9_serve(&server);
}
