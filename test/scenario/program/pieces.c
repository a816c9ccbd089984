// SPDX-License-Identifier: MIT
// Many writes by one message to a disk (disk(4)): what is wrong with any of them is told, and then
// none is done; else all are. Argument: the disk's file, of 8 MiB.
#include <9p/client.h>
#include <abi/9p.h>
#include <abi/syscalls.h>
#include <errno.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <stdio.h>
#include <string.h>

enum : uint64_t { SIZE = 8 << 20, PAGE = 4096, MEMORY = FE_TRANSFER_PIECES * PAGE };

static struct p9_file *file;
static struct fe_transfer_piece piece[FE_TRANSFER_PIECES + 1];
static uint64_t number; // of the memory

static uint8_t *memory_get(void)
{
    uint64_t size = MEMORY;
    void *at;
    struct p9_control control = {
        .request = CONTROL_TRANSFER_MEMORY, .data = &size, .size = sizeof size, .receive_most = 1};
    if (p9_control(file, &control) != 0 || control.received_count != 1) return nullptr;
    enum status status = fe_memory_map(control.received[0], 0, MEMORY, MAP_READ | MAP_WRITE, &at);
    fe_handle_drop(&control.received[0]);
    number = control.value;
    return status == OK ? at : nullptr;
}

static int send(struct p9_file *to, size_t size)
{
    struct p9_control control = {.request = CONTROL_TRANSFER_WRITE, .data = piece, .size = size};
    return p9_control(to, &control);
}

// Pages of the memory, each to every second page of the disk.
static void pieces_set(void)
{
    for (uint32_t i = 0; i <= FE_TRANSFER_PIECES; i++)
        piece[i] = (struct fe_transfer_piece){.offset = 2 * i * PAGE,
                                              .memory = number,
                                              .position = i % FE_TRANSFER_PIECES * PAGE,
                                              .size = PAGE};
}

// The last of the pieces is made a wrong one.
static bool is_refused(const struct fe_transfer_piece *wrong, int error)
{
    pieces_set();
    piece[FE_TRANSFER_PIECES - 1] = *wrong;
    int result = send(file, FE_TRANSFER_PIECES * sizeof *piece);
    if (result != -error) printf("%d instead of %d\n", -result, error);
    return result == -error;
}

static bool wrong_ones(void)
{
    const struct fe_transfer_piece good = {.memory = number, .size = PAGE};
    struct fe_transfer_piece odd = good, far = good, none = good, behind = good, other = good;
    odd.offset = 100;
    far.offset = SIZE;
    none.size = 0;
    behind.position = MEMORY - 512;
    other.memory = number + 1;
    return is_refused(&odd, EINVAL) && is_refused(&far, ENOSPC) && is_refused(&none, EINVAL) &&
           is_refused(&behind, ENXIO) && is_refused(&other, ENXIO);
}

static bool wrong_messages(const char *path)
{
    struct p9_file *reader;
    pieces_set();
    if (send(file, 0) != -EINVAL || send(file, sizeof *piece - 1) != -EINVAL) return false;
    if (send(file, sizeof piece) != -EINVAL) return false; // one too many
    if (p9_open(path, OPEN_READ, 0, &reader) != 0) return false;
    int result = send(reader, sizeof *piece);
    p9_close(reader);
    return result == -EBADF;
}

// Whether the first page of each piece on the disk is all of this.
static bool disk_has(uint8_t first, uint8_t step)
{
    static uint8_t page[PAGE];
    for (uint32_t i = 0; i < FE_TRANSFER_PIECES; i++) {
        if (p9_read(file, 2 * i * PAGE, page, PAGE) != (int64_t)PAGE) return false;
        for (size_t k = 0; k < PAGE; k++)
            if (page[k] != (uint8_t)(first + i * step)) return false;
    }
    return true;
}

int main(int count, char **arguments)
{
    if (count != 2 || p9_open(arguments[1], OPEN_READ_WRITE, 0, &file) != 0) return 2;
    uint8_t *memory = memory_get();
    if (memory == nullptr) return 2;
    memset(memory, 'n', MEMORY);
    if (!wrong_ones() || !wrong_messages(arguments[1]) || !disk_has('x', 0)) return 1;
    for (uint32_t i = 0; i < FE_TRANSFER_PIECES; i++)
        memset(memory + i * PAGE, (int)('A' + i), PAGE);
    pieces_set();
    if (send(file, FE_TRANSFER_PIECES * sizeof *piece) != 0 || p9_sync(file) != 0) return 1;
    return disk_has('A', 1) ? 0 : 1;
}
