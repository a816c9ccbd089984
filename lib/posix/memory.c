// SPDX-License-Identifier: MIT
// Memory: mappings are memory objects mapped into the program's own address space; the handle is
// closed at once, because the mapping holds the object. Nothing here allocates (malloc calls it),
// but for mappings of files.
#include <sys/mman.h>
enum : int { C_MAP_FIXED = MAP_FIXED }; // the kernel's own MAP_FIXED is another number
#undef MAP_FIXED

#include "call.h"
#include "file.h"
#include "mapping.h"
#include "thread.h"
#include <abi/syscalls.h>
#include <errno.h>
#include <fcntl.h>
#include <ferrite/handle.h>
#include <ferrite/memory.h>
#include <ferrite/status.h>
#include <stdlib.h>

static uint32_t protection_of(long protection)
{
    uint32_t flags = 0;
    if (protection & PROT_READ) flags |= MAP_READ;
    if (protection & PROT_WRITE) flags |= MAP_READ | MAP_WRITE;
    if (protection & PROT_EXEC) flags |= MAP_READ | MAP_EXECUTE;
    return flags;
}

struct wish {
    uintptr_t address;
    size_t size;
    uint32_t flags;  // MAP_* of abi/object.h
    uint64_t offset; // in the memory
};

static int64_t map(fe_handle memory, const struct wish *wish)
{
    uintptr_t address;
    enum status status = fe_process_map(fe_process_self(), memory, wish->offset, wish->size,
                                        wish->address, wish->flags, &address);
    if (status != OK) return -fe_status_errno(status);
    if ((wish->flags & MAP_REPLACE) != 0) mapping_remove(address, wish->size);
    return (int64_t)address;
}

static int64_t map_anonymous(const struct wish *wish)
{
    FE_HANDLE memory = FE_NO_HANDLE;
    enum status status = fe_memory_create(wish->size, 0, &memory);
    return status == OK ? map(memory, wish) : -fe_status_errno(status);
}

static uint64_t memory_left(void)
{
    struct fe_process_info info;
    return fe_process_inspect(fe_process_self(), &info) == OK ? info.memory_left : 0;
}

// Pages come when they are touched, and who touches one that is not there is killed. So what can
// never be there is refused. Of less it is not asked: it may go as well before it is touched.
static bool has_room(const struct wish *wish)
{
    enum : size_t { LEAST = 1 << 20 };
    if (wish->size < LEAST || (wish->flags & MAP_WRITE) == 0) return true;
    if (wish->size <= memory_left()) return true;
    return fe_memory_reclaim() == OK && wish->size <= memory_left();
}

// For files whose server has no memory objects: a private copy of the bytes.
static int64_t map_copy(struct file *file, const struct wish *wish, uint64_t offset)
{
    struct wish writable = *wish;
    writable.offset = 0;
    writable.flags |= MAP_READ | MAP_WRITE;
    writable.flags &= ~MAP_EXECUTE;
    int64_t address = map_anonymous(&writable);
    if (address < 0) return address;
    for (size_t done = 0; done < wish->size;) {
        int64_t count = p9_read(file->p9, offset + done, (char *)address + done, wish->size - done);
        if (count <= 0) break;
        done += (size_t)count;
    }
    enum status status = fe_process_protect(fe_process_self(), (uintptr_t)address, wish->size,
                                            wish->flags & (MAP_READ | MAP_WRITE | MAP_EXECUTE));
    return status == OK ? address : -fe_status_errno(status);
}

// The mapping holds the file: what is stored there is the file's as long as it is open.
static int64_t map_shared(struct file *file, fe_handle memory, const struct wish *wish)
{
    struct mapping *mapping = malloc(sizeof *mapping);
    if (mapping == nullptr) return -ENOMEM;
    int64_t address = map(memory, wish);
    if (address < 0)
        free(mapping);
    else
        mapping_add(mapping, file, (uintptr_t)address, wish->size);
    return address;
}

static int64_t unmap(int64_t address, size_t size)
{
    return -fe_status_errno(fe_process_unmap(fe_process_self(), (uintptr_t)address, size));
}

// What has no memory behind it: it was cut off. Touching it is a SIGBUS.
static int64_t map_nothing(const struct wish *wish)
{
    FE_HANDLE memory = FE_NO_HANDLE;
    struct wish cut = *wish;
    cut.offset = FE_PAGE_SIZE;
    enum status status = fe_memory_create(wish->size + FE_PAGE_SIZE, 0, &memory);
    int64_t address = status == OK ? map(memory, &cut) : -fe_status_errno(status);
    if (address < 0) return address;
    status = fe_memory_resize(memory, FE_PAGE_SIZE);
    if (status == OK) return address;
    int64_t error = unmap(address, wish->size);
    return error < 0 ? error : -fe_status_errno(status);
}

static int64_t map_within(struct file *file, struct wish *wish, uint64_t offset, bool is_shared);

// Of a mapping that goes beyond the file's last page only the part before is the file's.
static int64_t map_beyond(struct file *file, const struct wish *wish, uint64_t offset,
                          bool is_shared)
{
    struct fe_9p_attributes attributes;
    int error = p9_file_stat(file->p9, &attributes);
    if (error != 0) return error;
    uint64_t whole = (attributes.size + FE_PAGE_SIZE - 1) & ~(uint64_t)(FE_PAGE_SIZE - 1);
    if (whole > offset && whole - offset >= wish->size) return -ENXIO; // it has grown meanwhile
    struct wish part = *wish;
    int64_t address = map_nothing(wish);
    if (address < 0 || whole <= offset) return address;
    part.address = (uintptr_t)address;
    part.size = (size_t)(whole - offset);
    part.flags |= MAP_FIXED | MAP_REPLACE;
    int64_t result = map_within(file, &part, offset, is_shared);
    int64_t undone = result < 0 ? unmap(address, wish->size) : 0;
    return undone < 0 ? undone : result;
}

static int64_t map_file(struct file *file, struct wish *wish, uint64_t offset, bool is_shared)
{
    if (file->p9 == nullptr || file_may_wait(file) || file_is_directory(file)) return -ENODEV;
    int64_t result = map_within(file, wish, offset, is_shared);
    return result == -ENXIO ? map_beyond(file, wish, offset, is_shared) : result;
}

// A private writable mapping is a copy-on-write clone of the file's memory.
static int64_t map_within(struct file *file, struct wish *wish, uint64_t offset, bool is_shared)
{
    uint32_t protection = wish->flags & (MAP_READ | MAP_WRITE | MAP_EXECUTE);
    int access = file->flags & O_ACCMODE;
    if (access == O_WRONLY || (is_shared && (protection & MAP_WRITE) && access != O_RDWR))
        return -EACCES;
    // Memory that may be written to later, by mprotect.
    if (is_shared && access == O_RDWR) protection |= MAP_READ | MAP_WRITE;
    FE_HANDLE memory = FE_NO_HANDLE;
    wish->offset = offset;
    int error =
        p9_memory(file->p9, &wish->offset, wish->size, is_shared ? protection : MAP_READ, &memory);
    if (error != 0) return is_shared || error == -ENXIO ? error : map_copy(file, wish, offset);
    if (is_shared) return map_shared(file, memory, wish);
    if ((protection & MAP_WRITE) == 0) return map(memory, wish);
    FE_HANDLE clone = FE_NO_HANDLE;
    enum status status = fe_memory_clone(memory, wish->offset, wish->size, &clone);
    wish->offset = 0;
    return status == OK ? map(clone, wish) : -fe_status_errno(status);
}

int64_t call_mmap(const int64_t *a)
{
    int64_t flags = a[3], offset = a[5], type = flags & MAP_TYPE;
    if (a[1] == 0 || (offset & (FE_PAGE_SIZE - 1)) != 0) return -EINVAL;
    if (type != MAP_PRIVATE && type != MAP_SHARED && type != MAP_SHARED_VALIDATE) return -EINVAL;
    if ((uint64_t)a[1] > PTRDIFF_MAX) return (flags & MAP_ANONYMOUS) != 0 ? -ENOMEM : -EOVERFLOW;
    if (offset < 0 || offset > INT64_MAX - a[1]) return -EOVERFLOW;
    struct wish wish = {.address = (uintptr_t)a[0],
                        .size = fe_page_round((size_t)a[1]),
                        .flags = protection_of(a[2])};
    if (flags & MAP_FIXED_NOREPLACE & ~C_MAP_FIXED) {
        wish.flags |= MAP_FIXED;
    } else if (flags & C_MAP_FIXED) {
        wish.flags |= MAP_FIXED | MAP_REPLACE;
    } else {
        wish.address = 0;
    }
    if (flags & MAP_ANONYMOUS)
        return (flags & MAP_NORESERVE) != 0 || has_room(&wish) ? map_anonymous(&wish) : -ENOMEM;
    struct file *file = file_hold(a[4]);
    if (file == nullptr) return -EBADF;
    int64_t result = map_file(file, &wish, (uint64_t)offset, type != MAP_PRIVATE);
    file_put(file);
    return result;
}

int64_t call_munmap(const int64_t *a)
{
    if (a[1] == 0 || (a[0] & (FE_PAGE_SIZE - 1)) != 0) return -EINVAL;
    thread_leave_if_within((uintptr_t)a[0], (size_t)a[1]);
    size_t size = fe_page_round((size_t)a[1]);
    enum status status = fe_process_unmap(fe_process_self(), (uintptr_t)a[0], size);
    if (status == OK) mapping_remove((uintptr_t)a[0], size);
    return -fe_status_errno(status);
}

int64_t call_mprotect(const int64_t *a)
{
    size_t size = fe_page_round((size_t)a[1]);
    if (size == 0) return 0;
    return -fe_status_errno(
        fe_process_protect(fe_process_self(), (uintptr_t)a[0], size, protection_of(a[2])));
}

// What is mapped is the file's own memory: only its server can make it safe.
int64_t call_msync(const int64_t *a)
{
    bool is_both = (a[2] & MS_SYNC) != 0 && (a[2] & MS_ASYNC) != 0;
    bool is_known = (a[2] & ~(int64_t)(MS_SYNC | MS_ASYNC | MS_INVALIDATE)) == 0;
    if (is_both || !is_known || (a[0] & (FE_PAGE_SIZE - 1)) != 0) return -EINVAL;
    return (a[2] & MS_SYNC) != 0 ? mapping_sync((uintptr_t)a[0], (size_t)a[1]) : 0;
}

// Nothing is ever paged out.
int64_t call_mlockall(const int64_t *a)
{
    bool is_known = (a[0] & ~(int64_t)(MCL_CURRENT | MCL_FUTURE | MCL_ONFAULT)) == 0;
    return a[0] == 0 || !is_known ? -EINVAL : 0;
}

// Only MADV_DONTNEED promises something that can be seen: the pages are zero afterwards, but those
// of a file that is shared are its contents.
int64_t call_madvise(const int64_t *a)
{
    if (a[2] != MADV_DONTNEED || mapping_is((uintptr_t)a[0], (size_t)a[1])) return 0;
    struct wish wish = {.address = (uintptr_t)a[0],
                        .size = fe_page_round((size_t)a[1]),
                        .flags = MAP_READ | MAP_WRITE | MAP_FIXED | MAP_REPLACE};
    int64_t result = map_anonymous(&wish);
    return result < 0 ? result : 0;
}
