// SPDX-License-Identifier: MIT
// Memory objects: pages by number, in a tree that grows, committed when first touched. A clone
// shares pages by counting references to them; who writes to a page with more than one reference
// gets a copy of his own first. A clone of sealed memory takes no pages at all until they are
// touched: the sealed object is its backing. Every page in the tree is charged to the object's
// owner, shared or not. Guarded by the kernel lock.
#pragma once

#include "kernel/list.h"
#include "kernel/memory/page_tree.h"
#include "kernel/object/object.h"
#include "kernel/object/reap.h"

struct page;
struct region;
struct resource;
struct trace_ring;

enum memory_kind : uint8_t {
    MEMORY_RAM,        // lazily committed
    MEMORY_CONTIGUOUS, // RAM whose pages never move: a device may know where they are
    MEMORY_PHYSICAL,   // a window on physical addresses that no page stands for
};

// What has to be told to every view, and how far that has come.
struct memory_change {
    uint64_t from, to;      // bytes; at most 2 MiB
    bool only_writing;      // that they may not be written to for now; else they are forgotten
    struct page *old;       // which views may still show: a reference; nullptr: none
    struct list_node *next; // the view to be told next; nullptr: there is no change
};

struct memory {
    struct object object;
    enum memory_kind kind;
    bool sealed;
    uint32_t cache;    // MEMORY_DEVICE, ...: how windows and contiguous memory are mapped
    uint64_t size;     // bytes, whole pages
    uint64_t physical; // window and contiguous
    uint64_t loose;    // in one piece: bytes at its end that are not among its pages yet
    bool has_run;      // its pages lie in one piece from `physical` on, or will
    struct page_tree pages;
    struct memory *backing;  // sealed and without backing of its own, or nullptr
    uint64_t backing_offset; // bytes; where the backing's part begins
    uint64_t backing_size;   // bytes of this object that it stands behind
    struct list regions;     // views of it
    uint32_t region_count, writable_count;
    struct memory_change change;
    struct reap reap;
    struct resource *dma;    // contiguous: what keeps it when its maker dies; or nullptr
    struct trace_ring *ring; // written by the kernel: kernel/trace_ring.h; nullptr: it is not
};

enum : uint64_t { MEMORY_SIZE_MAX = 1ull << 62 }; // bytes

// Once at boot, after page_init: the slabs of regions and page trees.
void memory_init(void);

// Each gives the caller the one reference. Sizes in bytes, rounded up to pages. ERR_NO_MEMORY,
// ERR_QUOTA.
enum status memory_make(struct process *owner, uint64_t size, struct memory **memory);

// Makes pages that page_init kept for it (the initrd), or that the caller has allocated, the
// object's own.
enum status memory_adopt(struct process *owner, uint64_t physical, uint64_t size,
                         struct memory **memory);
enum status memory_window_make(struct process *owner, uint64_t physical, uint64_t size,
                               uint32_t cache, struct memory **memory);

// An empty clone, and a bounded step that fills it: *done is how many bytes are, all when it
// reaches the size. CALL_RESTART: an interrupt waits, and the step is to be made again.
enum status memory_clone_make(struct process *owner, struct memory *source, uint64_t offset,
                              uint64_t size, struct memory **memory);
enum status memory_clone_step(struct memory *clone, struct memory *source, uint64_t offset,
                              uint64_t *done);

// Makes the backing's page at `offset` the object's own share, and, once that was done for all,
// gives the backing up. ERR_NO_MEMORY, ERR_QUOTA.
enum status memory_take_page(struct memory *memory, uint64_t offset);
void memory_leave_backing(struct memory *memory);

// Where addresses are physical ones: makes all of it pages of its own in one piece. Elsewhere there
// is nothing to do. CALL_RESTART: an interrupt waits, and part of it is done. ERR_BUSY: it is
// mapped where its backing is. ERR_NO_MEMORY, ERR_QUOTA.
enum status memory_gather(struct memory *memory);

// Where byte `offset` and all behind it lie in one piece; for `write`, of its own. False: nowhere.
bool memory_place(const struct memory *memory, bool write, uint64_t *physical);

// The next page of a memory in one piece becomes its own: a copy of `from`, or zeros.
enum status memory_fill_step(struct memory *memory, const void *from);

// The page at byte `offset`, committed if need be and, for `write`, of nobody else: nullptr with
// *physical for a window. With write == false it may be the backing's or a clone's too: do not
// change it. CALL_RESTART: an interrupt waits, and part of the way is done.
enum status memory_page(struct memory *memory, uint64_t offset, bool write, struct page **page,
                        uint64_t *physical);

// Counts pages that memory_page had to allocate: where that happened, there is reason to look for
// an interrupt, and what was done will not have to be done again.
extern uint64_t memory_page_count;

// The page at `offset` if it is there already, else nullptr.
struct page *memory_peek(struct memory *memory, uint64_t offset);

// True when `page`, at `offset`, is the object's own and nobody shares it: it may be written to.
bool memory_owns(const struct memory *memory, uint64_t offset, const struct page *page);

// Fails with ERR_BUSY while it is mapped writable.
enum status memory_seal(struct memory *memory);

// The kernel's own access, for start blocks and images; at most a few pages at a time.
enum status memory_store(struct memory *memory, uint64_t offset, const void *from, size_t size);
enum status memory_load(struct memory *memory, uint64_t offset, void *to, size_t size);

// Contiguous RAM, and a bounded step that makes its pages the object's, zeroed: *done is how many
// bytes are. ERR_NO_MEMORY too when no run is that long.
enum status memory_contiguous_make(struct process *owner, uint64_t size, uint32_t cache,
                                   bool below_4g, struct memory **memory);
enum status memory_contiguous_step(struct memory *memory, uint64_t *done);

// Frees a bounded part of what is beyond `size`, from the end; true when nothing is left there.
bool memory_shrink_step(struct memory *memory, uint64_t size);

// --- Views ---

static inline bool memory_is_changing(const struct memory *memory)
{
    return memory->change.next != nullptr;
}

// Begins to tell all views of a change; none is going on.
void memory_change_begin(struct memory *memory, const struct memory_change *change);

// Goes on with it. CALL_RESTART: an interrupt waits, and there are views left; whoever goes on then
// comes further.
enum status memory_settle(struct memory *memory);

void memory_view_add(struct memory *memory, struct region *region);
void memory_view_remove(struct memory *memory, struct region *region);
