// SPDX-License-Identifier: MIT
// An address space: a balanced tree of regions, each a view of a memory object, over the
// translations of the port. Pages come in by faults. Embedded in struct process. Guarded by the
// kernel lock.
#pragma once

#include "kernel/memory/user.h"
#include "kernel/tree.h"
#include <abi/object.h>
#include <arch/arch.h>

struct page;
struct process;
struct memory;

enum : uint32_t { SPACE_SPARES = 4 }; // as many tables as a translation can need besides the root

struct space {
    struct arch_space arch;
    struct tree regions; // by address of the last byte
    struct process *process;
    uint64_t random;  // state of placement
    uintptr_t window; // where placements go next, upwards, and where they end
    uintptr_t window_end;
    uintptr_t hole;     // nothing below it in the window was free lately
    struct page *spare; // tables that are not used, zeroed; linked by node.next
    uint32_t spare_count;
    uint32_t tables_made; // since a mapping began: pages that had to be zeroed
    bool may_stop;        // a mapping stops for interrupts, which clears it
};

enum status space_init(struct space *space, struct process *process);

// Maps [offset, offset + size) of `memory`; *address is the wish on entry (0: any, at random) and
// the place on return. `flags` are MAP_* of abi/object.h; MAP_REPLACE is the caller's affair: unmap
// first. `allowed` is the most that space_protect may give later, MAP_READ | MAP_WRITE |
// MAP_EXECUTE. Constant time in the size. ERR_BAD_ARGUMENT: unaligned, empty, or writable and
// executable. ERR_EXISTS: not free. ERR_NO_MEMORY, ERR_QUOTA. ERR_BAD_STATE: writable, but the
// memory is sealed. ERR_NOT_SUPPORTED: as space_fixed_check.
struct space_view {
    struct memory *memory;
    uint64_t offset;
    size_t size;
    uint32_t flags, allowed;
};
enum status space_map(struct space *space, const struct space_view *view, uintptr_t *address);

// What space_map checks first, of the view alone; and of a view and where it is wanted, before what
// is there goes. ERR_NOT_SUPPORTED: where addresses are physical ones, its memory is elsewhere. As
// memory_gather.
enum status space_view_check(const struct space_view *view);
enum status space_fixed_check(const struct space_view *view, uintptr_t address);

// Finds room for `size` bytes at random; maps nothing. ERR_NO_MEMORY: there is none.
enum status space_place(struct space *space, size_t size, uintptr_t *address);

// The same, far from everything else: no other address tells where it is.
enum status space_place_apart(struct space *space, size_t size, uintptr_t *address);

// True when no region and no guard page is in [from, to).
bool space_is_free(const struct space *space, uintptr_t from, uintptr_t to);

// A bounded step of unmapping [*address, end): moves *address up; all is unmapped when it reaches
// `end`. ERR_NO_MEMORY, ERR_QUOTA: a region had to be split.
enum status space_unmap(struct space *space, uintptr_t *address, uintptr_t end);

// The same for new protection. ERR_BAD_ADDRESS: nothing is mapped there. ERR_NO_RIGHT: more than
// allowed.
enum status space_protect(struct space *space, uintptr_t *address, uintptr_t end, uint32_t flags);

// Brings the page at `address` in. OK: access (one of MAP_READ, MAP_WRITE, MAP_EXECUTE) may be
// repeated. ERR_BAD_ADDRESS: not mapped or wrong access. ERR_NO_MEMORY, ERR_QUOTA: cannot be
// supplied. CALL_RESTART: an interrupt waits, and the way is only half done.
enum status space_fault(struct space *space, uintptr_t address, uint32_t access);

// What is allowed of what is mapped at an address, MAP_*; 0: nothing is mapped there.
uint32_t space_protection(const struct space *space, uintptr_t address);

// Frees a bounded part of everything; true when nothing is left. For a process that is dead, and
// before the space was ever used when its making fails.
bool space_clear(struct space *space);

// The kernel's address of the page behind a user address of any space, brought in with `access` if
// needed: how messages are copied once, from the current space to another. Valid until the kernel
// lock is given up.
enum status space_reach(struct space *space, uintptr_t address, uint32_t access, void **at);

// What is known of a page that is looked at often, for as long as the translations of its space
// stay as they are. All zero: nothing is known.
struct page_view {
    uintptr_t page;   // its address, and in the low bits MAP_*: what may be done
    uint64_t version; // of the translations
    uint8_t *at;      // the kernel's address of it
};

// Makes `view` one of the page at `address`, which is brought in if it is not there, and reaches
// it. CALL_RESTART: as space_fault, also when it has just come in.
enum status space_look(struct space *space, uintptr_t address, uint32_t access,
                       struct page_view *view, void **at);

// The same of pages that follow each other in the space and in RAM, for as long as something long
// is copied. All zero: nothing is known.
struct page_run {
    struct page_view view; // of the first page
    size_t size;           // of all of them, in bytes
};

struct page_part {
    void *at;
    size_t size;
};

// Makes `run` one of the page at `address` and of what is there behind it. As space_look else.
enum status space_look_far(struct space *space, uintptr_t address, uint32_t access,
                           struct page_run *run);

// The kernel's address of a byte, and how many follow it that `run` knows, which is the same each
// time, of this space and this access.
static inline enum status space_run_reach(struct space *space, uintptr_t address, uint32_t access,
                                          struct page_run *run, struct page_part *part)
{
    uintptr_t offset = address - (run->view.page & ~(uintptr_t)(ARCH_PAGE_SIZE - 1));
    if (offset >= run->size || run->view.version != arch_space_version(&space->arch)) {
        TRY(space_look_far(space, address, access, run));
        offset = address % ARCH_PAGE_SIZE;
    }
    *part = (struct page_part){run->view.at + offset, run->size - offset};
    return OK;
}

// space_reach with memory: `view` is the same each time, of this space and guarded as it is.
static inline enum status space_view_reach(struct space *space, uintptr_t address, uint32_t access,
                                           struct page_view *view, void **at)
{
    uintptr_t offset = address % ARCH_PAGE_SIZE, known = view->page & access;
    if ((view->page ^ address) < ARCH_PAGE_SIZE && known != 0 &&
        view->version == arch_space_version(&space->arch)) [[clang::likely]] {
        *at = view->at + offset;
        return OK;
    }
    return space_look(space, address, access, view, at);
}

// A page for translations, charged to the space's process; zeroed. nullptr: no memory, no quota, or
// an interrupt waits and tables were made before this one, which are kept for the next try: each of
// them takes long to be zeroed. A table that goes has zeros in it but for its first eight bytes, or
// is the root.
struct page *space_table_allocate(struct arch_space *space);
void space_table_free(struct arch_space *space, struct page *page);
