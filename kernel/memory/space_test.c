// SPDX-License-Identifier: MIT
// Address spaces and memory objects together: what a process would see through its addresses.
#include "kernel/memory/space.h"
#include "kernel/memory/page.h"
#include "kernel/memory/region.h"
#include "kernel/object/memory.h"
#include "kernel/object/process.h"
#include "kernel/object/thread.h"
#include "kernel/schedule/cpu.h"
#include "kernel/syscall.h"
#include "test/unit.h"
#include <string.h>

enum : uintptr_t { HERE = 0x4000'0000 };
enum : uint32_t { READ_WRITE = MAP_READ | MAP_WRITE };

static struct process here, there;
static struct thread thread;

// Makes a process the current one.
static void use(struct process *process)
{
    thread.process = process;
    arch_cpu()->current = &thread;
    arch_cpu()->space = &process->space;
    arch_space_switch(&process->space.arch);
}

static bool setup(void)
{
    arch_space_unmap(&here.space.arch, 0, SIZE_MAX);
    arch_space_unmap(&there.space.arch, 0, SIZE_MAX);
    none_reset();
    if (space_init(&here.space, nullptr) != OK || space_init(&there.space, nullptr) != OK)
        return false;
    use(&here);
    return true;
}

// Maps all of `memory` at `address`, or anywhere.
static uintptr_t map(struct space *in, struct memory *memory, uintptr_t address, uint32_t access)
{
    struct space_view view = {memory, 0, memory->size, access | (address ? MAP_FIXED : 0),
                              READ_WRITE | MAP_EXECUTE};
    return space_map(in, &view, &address) == OK ? address : 0;
}

static bool unmap(struct space *in, uintptr_t address, size_t size)
{
    uintptr_t end = address + size;
    while (address < end)
        if (space_unmap(in, &address, end) != OK) return false;
    return true;
}

static bool protect(uintptr_t address, size_t size, uint32_t access)
{
    uintptr_t end = address + size;
    while (address < end)
        if (space_protect(&here.space, &address, end, access) != OK) return false;
    return true;
}

static bool put(uintptr_t address, uint8_t value)
{
    return arch_user_write(address, &value, 1);
}

static int at(uintptr_t address)
{
    uint8_t value;
    return arch_user_read(&value, address, 1) ? value : -1;
}

static struct memory *fresh(uint64_t pages)
{
    struct memory *memory = nullptr;
    return memory_make(nullptr, pages * PAGE_SIZE, &memory) == OK ? memory : nullptr;
}

static struct memory *clone_of(struct memory *source)
{
    struct memory *clone;
    uint64_t done = 0;
    if (memory_clone_make(nullptr, source, 0, source->size, &clone) != OK) return nullptr;
    while (done < clone->size)
        if (memory_clone_step(clone, source, 0, &done) != OK) return nullptr;
    return clone;
}

TEST("pages come with the first touch, zeroed, and keep what is written")
{
    EXPECT(setup());
    struct memory *memory = fresh(1000);
    uintptr_t base = map(&here.space, memory, 0, READ_WRITE);
    EXPECT(base != 0 && base % PAGE_SIZE == 0 && memory->pages.count == 0);
    EXPECT(at(base + 5) == 0 && memory->pages.count == 1);
    EXPECT(put(base + 999 * PAGE_SIZE, 7) && at(base + 999 * PAGE_SIZE) == 7);
    EXPECT(memory->pages.count == 2 && at(base - 1) == -1 && at(base + 1000 * PAGE_SIZE) == -1);
}

TEST("what may not be written or executed faults")
{
    EXPECT(setup());
    uintptr_t base = map(&here.space, fresh(2), HERE, MAP_READ);
    EXPECT(at(base) == 0 && !put(base, 1));
    EXPECT(space_fault(&here.space, base, MAP_EXECUTE) == ERR_BAD_ADDRESS);
    EXPECT(map(&here.space, fresh(1), 0, MAP_WRITE | MAP_EXECUTE | MAP_READ) == 0);
    EXPECT(map(&here.space, fresh(1), 0, MAP_WRITE) == 0);
}

TEST("a fixed place must be free, and guard pages count")
{
    EXPECT(setup());
    struct memory *memory = fresh(4);
    struct space_view view = {memory, 0, 4 * PAGE_SIZE, MAP_READ | MAP_FIXED | MAP_GUARD, MAP_READ};
    uintptr_t address = HERE;
    EXPECT(space_map(&here.space, &view, &address) == OK && address == HERE);
    EXPECT(map(&here.space, fresh(1), HERE - PAGE_SIZE, MAP_READ) == 0);
    EXPECT(map(&here.space, fresh(1), HERE + 3 * PAGE_SIZE, MAP_READ) == 0);
    EXPECT(map(&here.space, fresh(1), HERE + 4 * PAGE_SIZE, MAP_READ) != 0);
    EXPECT(map(&here.space, fresh(1), HERE - 2 * PAGE_SIZE, MAP_READ) != 0);
    EXPECT(at(HERE - PAGE_SIZE) == -1 && at(HERE) == 0);
}

TEST("ranges can be cut out of the middle, and what is left still shows the same bytes")
{
    EXPECT(setup());
    struct memory *memory = fresh(10);
    EXPECT(map(&here.space, memory, HERE, READ_WRITE) == HERE);
    for (uint8_t i = 0; i < 10; i++) EXPECT(put(HERE + i * PAGE_SIZE, i + 1));
    EXPECT(unmap(&here.space, HERE + 3 * PAGE_SIZE, 4 * PAGE_SIZE));
    for (uint8_t i = 0; i < 10; i++)
        EXPECT(at(HERE + i * PAGE_SIZE) == (i < 3 || i >= 7 ? i + 1 : -1));
    EXPECT(memory->region_count == 2 && memory->pages.count == 10);
    EXPECT(unmap(&here.space, 0, ARCH_USER_END) && memory->region_count == 0);
}

TEST("protection changes in the middle and joins again")
{
    EXPECT(setup());
    struct memory *memory = fresh(8);
    EXPECT(map(&here.space, memory, HERE, READ_WRITE) == HERE && put(HERE + 2 * PAGE_SIZE, 9));
    EXPECT(protect(HERE + 2 * PAGE_SIZE, 2 * PAGE_SIZE, MAP_READ) && memory->region_count == 3);
    EXPECT(!put(HERE + 2 * PAGE_SIZE, 1) && at(HERE + 2 * PAGE_SIZE) == 9 && put(HERE, 1));
    EXPECT(protect(HERE + 2 * PAGE_SIZE, PAGE_SIZE, 0) && at(HERE + 2 * PAGE_SIZE) == -1);
    EXPECT(protect(HERE, 8 * PAGE_SIZE, READ_WRITE) && memory->region_count == 1);
    EXPECT(put(HERE + 2 * PAGE_SIZE, 1) && memory->writable_count == 1);
    EXPECT(!protect(HERE + 7 * PAGE_SIZE, 2 * PAGE_SIZE, MAP_READ));
}

TEST("a clone sees the past, and neither side sees the other's writes")
{
    EXPECT(setup());
    struct memory *memory = fresh(200);
    EXPECT(map(&here.space, memory, HERE, READ_WRITE) == HERE);
    EXPECT(put(HERE, 1) && put(HERE + 150 * PAGE_SIZE, 2));
    struct memory *clone = clone_of(memory);
    EXPECT(clone != nullptr && clone->pages.count == 2);
    uintptr_t clone_base = map(&here.space, clone, 0, READ_WRITE);
    EXPECT(at(clone_base) == 1 && at(clone_base + 150 * PAGE_SIZE) == 2);
    EXPECT(put(HERE, 3) && at(clone_base) == 1);
    EXPECT(put(clone_base + 150 * PAGE_SIZE, 4) && at(HERE + 150 * PAGE_SIZE) == 2);
    EXPECT(put(HERE + PAGE_SIZE, 5) && at(clone_base + PAGE_SIZE) == 0);
}

TEST("all views of an object see a page that was copied for one of them")
{
    EXPECT(setup());
    struct memory *memory = fresh(1);
    EXPECT(map(&here.space, memory, HERE, READ_WRITE) == HERE && put(HERE, 1));
    EXPECT(map(&there.space, memory, HERE, READ_WRITE) == HERE);
    struct memory *clone = clone_of(memory);
    use(&there);
    EXPECT(at(HERE) == 1);
    use(&here);
    EXPECT(at(HERE) == 1 && put(HERE, 2));
    use(&there);
    EXPECT(at(HERE) == 2 && put(HERE, 3));
    use(&here);
    EXPECT(at(HERE) == 3 && *(uint8_t *)page_address(memory_peek(clone, 0)) == 1);
}

enum : uint32_t { VIEWS = 3000 };

// Takes the view that a change is to be told to next out of its list, in one way or another.
static bool disturb(const struct memory *memory, uint32_t how)
{
    const struct region *next = CONTAINER(memory->change.next, struct region, in_memory);
    if (how == 0) return unmap(&here.space, next->start, PAGE_SIZE);
    if (how == 1) return unmap(&here.space, next->start, 3 * PAGE_SIZE);
    return how != 2 || protect(next->start + PAGE_SIZE, PAGE_SIZE, MAP_READ);
}

TEST("a page changes in thousands of views by steps, and all show the same when it is written to")
{
    EXPECT(setup());
    struct memory *memory = fresh(3);
    static uintptr_t view[VIEWS];
    for (uint32_t i = 0; i < VIEWS; i++) {
        view[i] = map(&here.space, memory, 0, READ_WRITE);
        EXPECT(view[i] != 0 && at(view[i]) == 0 && at(view[i] + PAGE_SIZE) == 0);
    }
    EXPECT(put(view[0] + PAGE_SIZE, 1));
    struct memory *clone = clone_of(memory);
    struct page *old = memory_peek(clone, PAGE_SIZE), *page;
    EXPECT(old == memory_peek(memory, PAGE_SIZE) && old->references == 2);

    uint64_t physical;
    uint32_t tries = 0;
    none_machine.interrupt = true;
    while (memory_page(memory, PAGE_SIZE, true, &page, &physical) == CALL_RESTART) {
        if (tries < VIEWS / 8) {
            EXPECT(!put(view[VIEWS - 1] + PAGE_SIZE, 9) && user_copy_stopped());
            EXPECT(at(view[VIEWS - 1] + PAGE_SIZE) == 1 && old->references == 2);
        }
        EXPECT(disturb(memory, tries++ % 64));
    }
    none_machine.interrupt = false;
    EXPECT(tries > 500 && page != old && old->references == 1);
    ((uint8_t *)page_address(page))[0] = 2;
    for (uint32_t i = 0; i < VIEWS; i++) {
        int seen = at(view[i] + PAGE_SIZE);
        EXPECT(seen == 2 || seen == -1);
    }
    EXPECT(at(view[VIEWS - 1] + PAGE_SIZE) == 2);
    EXPECT(*(uint8_t *)page_address(memory_peek(clone, PAGE_SIZE)) == 1);
}

TEST("what is cut off is gone from thousands of views, also when it is done by somebody else")
{
    EXPECT(setup());
    struct memory *memory = fresh(2);
    static uintptr_t view[VIEWS];
    for (uint32_t i = 0; i < VIEWS; i++) {
        view[i] = map(&here.space, memory, 0, READ_WRITE);
        EXPECT(view[i] != 0 && put(view[i] + PAGE_SIZE, 1));
    }
    none_machine.interrupt = true;
    for (uint32_t i = 0; i < VIEWS / 2; i++) EXPECT(!memory_shrink_step(memory, PAGE_SIZE));
    none_machine.interrupt = false;
    EXPECT(memory_is_changing(memory) && memory->pages.count == 1);
    while (!memory_shrink_step(memory, memory->size)) continue;
    EXPECT(memory->size == PAGE_SIZE && memory->pages.count == 0);
    memory->size = 2 * PAGE_SIZE;
    for (uint32_t i = 0; i < VIEWS; i++) EXPECT(at(view[i] + PAGE_SIZE) == 0);
}

TEST("a clone is whole only when no view can write to what it shares")
{
    EXPECT(setup());
    struct memory *memory = fresh(1), *clone;
    static uintptr_t view[VIEWS];
    for (uint32_t i = 0; i < VIEWS; i++) {
        view[i] = map(&here.space, memory, 0, READ_WRITE);
        EXPECT(view[i] != 0 && put(view[i], 1));
    }
    uint64_t done = 0;
    EXPECT(memory_clone_make(nullptr, memory, 0, memory->size, &clone) == OK);
    none_machine.interrupt = true;
    while (memory_clone_step(clone, memory, 0, &done) == CALL_RESTART) EXPECT(done == 0);
    none_machine.interrupt = false;
    EXPECT(done == clone->size && clone->pages.count == 1);
    EXPECT(put(view[VIEWS - 1], 2) && at(view[0]) == 2);
    EXPECT(*(uint8_t *)page_address(memory_peek(clone, 0)) == 1);
}

TEST("a clone of sealed memory takes no pages until it is written to")
{
    EXPECT(setup());
    struct memory *memory = fresh(100);
    EXPECT(memory_store(memory, 7 * PAGE_SIZE - 1, "ab", 2) == OK);
    EXPECT(memory_seal(memory) == OK);
    struct memory *clone = clone_of(memory);
    EXPECT(map(&here.space, clone, HERE, READ_WRITE) == HERE);
    EXPECT(at(HERE + 7 * PAGE_SIZE) == 'b' && clone->pages.count == 0);
    EXPECT(put(HERE + 7 * PAGE_SIZE, 'c') && clone->pages.count == 1);
    EXPECT(at(HERE + 7 * PAGE_SIZE - 1) == 'a' && at(HERE + 7 * PAGE_SIZE) == 'c');
    struct memory *second = clone_of(clone);
    EXPECT(second->backing == memory && second->pages.count == 1);
    EXPECT(put(HERE + 6 * PAGE_SIZE, 'd') && put(HERE + 7 * PAGE_SIZE, 'e'));
    EXPECT(*(uint8_t *)page_address(memory_peek(second, 7 * PAGE_SIZE)) == 'c');
    EXPECT(*(uint8_t *)page_address(memory_peek(memory, 7 * PAGE_SIZE)) == 'b');
}

TEST("what is mapped writable cannot be sealed, and what is sealed cannot be made writable")
{
    EXPECT(setup());
    struct memory *memory = fresh(1);
    EXPECT(map(&here.space, memory, HERE, READ_WRITE) == HERE && memory_seal(memory) == ERR_BUSY);
    EXPECT(protect(HERE, PAGE_SIZE, MAP_READ) && memory_seal(memory) == OK);
    EXPECT(!protect(HERE, PAGE_SIZE, READ_WRITE) && !put(HERE, 1) && at(HERE) == 0);
    EXPECT(map(&here.space, memory, 0, READ_WRITE) == 0 &&
           map(&here.space, memory, 0, MAP_READ) != 0);
}

TEST("what is cut off an object is gone from its views and zero when it grows again")
{
    EXPECT(setup());
    struct memory *memory = fresh(2000);
    EXPECT(map(&here.space, memory, HERE, READ_WRITE) == HERE);
    for (int i = 0; i < 2000; i += 100) EXPECT(put(HERE + i * PAGE_SIZE, 1));
    uint64_t free = page_free_count();
    while (!memory_shrink_step(memory, 150 * PAGE_SIZE)) {
    }
    EXPECT(memory->pages.count == 2 && page_free_count() >= free + 18);
    EXPECT(at(HERE + 100 * PAGE_SIZE) == 1 && at(HERE + 200 * PAGE_SIZE) == -1);
    memory->size = 2000 * PAGE_SIZE;
    EXPECT(at(HERE + 200 * PAGE_SIZE) == 0);
}

TEST("a window shows physical addresses, whatever was cut out of it")
{
    EXPECT(setup());
    struct memory *window;
    uint64_t physical = NONE_RAM_BASE + (60ull << 20);
    EXPECT(memory_window_make(nullptr, physical, 1 << 20, MEMORY_DEVICE, &window) == OK);
    EXPECT(map(&here.space, window, HERE, READ_WRITE) == HERE && put(HERE + 5, 77));
    EXPECT(*(uint8_t *)arch_physical_to_virtual(physical + 5) == 77);
    EXPECT(unmap(&here.space, HERE + 4 * PAGE_SIZE, PAGE_SIZE) && at(HERE + 4 * PAGE_SIZE) == -1);
    EXPECT(put(HERE + 5 * PAGE_SIZE, 78) && at(HERE + 5) == 77);
    EXPECT(*(uint8_t *)arch_physical_to_virtual(physical + 5 * PAGE_SIZE) == 78);
}

TEST("the kernel reaches a page of a space that is not current, and only with its rights")
{
    EXPECT(setup());
    struct memory *memory = fresh(2);
    EXPECT(map(&there.space, memory, HERE, MAP_READ) == HERE);
    void *reached;
    EXPECT(space_reach(&there.space, HERE + 17, MAP_READ, &reached) == OK &&
           *(uint8_t *)reached == 0);
    EXPECT(space_reach(&there.space, HERE + 17, MAP_WRITE, &reached) == ERR_BAD_ADDRESS);
    EXPECT(space_reach(&there.space, HERE + 2 * PAGE_SIZE, MAP_READ, &reached) == ERR_BAD_ADDRESS);
}

TEST("a page that is looked at is there for its own threads, as far as they may")
{
    EXPECT(setup());
    struct memory *memory = fresh(2);
    EXPECT(map(&there.space, memory, HERE, READ_WRITE) == HERE);
    struct page_view view = {};
    void *reached, *again;
    uint64_t physical;
    uint32_t present;
    EXPECT(arch_space_query(&there.space.arch, HERE, 1, &physical, &present) == 0);
    EXPECT(space_look(&there.space, HERE + 17, MAP_WRITE, &view, &reached) == OK);
    EXPECT(arch_space_query(&there.space.arch, HERE, 1, &physical, &present) != 0);
    EXPECT((present & MAP_WRITE) != 0 && reached == arch_physical_to_virtual(physical + 17));
    EXPECT(space_view_reach(&there.space, HERE + 18, MAP_READ, &view, &again) == OK);
    EXPECT((uint8_t *)again == (uint8_t *)reached + 1);
    none_machine.interrupt = true;
    // The page, then its translation; each is there the next time.
    EXPECT(space_look(&there.space, HERE + PAGE_SIZE, MAP_READ, &view, &again) == CALL_RESTART);
    EXPECT(space_look(&there.space, HERE + PAGE_SIZE, MAP_READ, &view, &again) == CALL_RESTART);
    EXPECT(space_look(&there.space, HERE + PAGE_SIZE, MAP_READ, &view, &again) == OK);
    none_machine.interrupt = false;
    uintptr_t at = HERE;
    EXPECT(space_protect(&there.space, &at, HERE + 2 * PAGE_SIZE, MAP_READ) == OK);
    EXPECT(space_view_reach(&there.space, HERE, MAP_WRITE, &view, &again) == ERR_BAD_ADDRESS);
    EXPECT(space_look(&there.space, HERE + PAGE_SIZE, MAP_WRITE, &view, &again) == ERR_BAD_ADDRESS);
}

static enum status reach(uintptr_t address, uint32_t access, struct page_run *run, size_t *pages)
{
    struct page_part part;
    enum status status = space_run_reach(&there.space, address, access, run, &part);
    if (status != OK) return status;
    *pages = (part.size + PAGE_SIZE - 1) / PAGE_SIZE;
    uint64_t physical;
    uint32_t ignored;
    if (arch_space_query(&there.space.arch, address, 1, &physical, &ignored) == 0) return ERR_STALE;
    return part.at == arch_physical_to_virtual(physical) ? OK : ERR_STALE;
}

TEST("pages that are neighbours everywhere are looked at once, until one of them changes")
{
    EXPECT(setup());
    struct memory *memory = nullptr;
    struct page_run run = {};
    size_t pages = 0;
    uint64_t done = 0;
    EXPECT(memory_contiguous_make(nullptr, 8 * PAGE_SIZE, MEMORY_CACHED, true, &memory) == OK);
    while (done < memory->size) EXPECT(memory_contiguous_step(memory, &done) == OK);
    EXPECT(map(&there.space, memory, HERE, READ_WRITE) == HERE);
    EXPECT(reach(HERE, MAP_WRITE, &run, &pages) == OK && pages == 1); // the others are not there
    for (int i = 0; i < 8; i++)
        EXPECT(space_fault(&there.space, HERE + i * PAGE_SIZE, MAP_WRITE) == OK);
    run.size = 0;
    EXPECT(reach(HERE + PAGE_SIZE + 5, MAP_WRITE, &run, &pages) == OK && pages == 7);
    EXPECT(run.size == 7 * PAGE_SIZE);
    EXPECT(reach(HERE + 7 * PAGE_SIZE + 9, MAP_WRITE, &run, &pages) == OK && pages == 1);
    EXPECT(reach(HERE + PAGE_SIZE, MAP_WRITE, &run, &pages) == OK && pages == 7);
    EXPECT(reach(HERE, MAP_WRITE, &run, &pages) == OK && pages == 8); // before it: looked at anew
    uintptr_t at = HERE + 5 * PAGE_SIZE;
    EXPECT(space_protect(&there.space, &at, HERE + 6 * PAGE_SIZE, MAP_READ) == OK);
    EXPECT(reach(HERE + 4 * PAGE_SIZE, MAP_WRITE, &run, &pages) == OK && pages == 1);
    EXPECT(reach(HERE + 5 * PAGE_SIZE, MAP_WRITE, &run, &pages) == ERR_BAD_ADDRESS);
    run.size = 0;
    EXPECT(reach(HERE + 5 * PAGE_SIZE, MAP_READ, &run, &pages) == OK && pages == 1);
    EXPECT(unmap(&there.space, HERE + 6 * PAGE_SIZE, PAGE_SIZE));
    EXPECT(reach(HERE + 6 * PAGE_SIZE, MAP_READ, &run, &pages) == ERR_BAD_ADDRESS);
    EXPECT(reach(HERE + 7 * PAGE_SIZE, MAP_READ, &run, &pages) == OK && pages == 1);
}

TEST("contiguous memory has one range of physical addresses and gives all of it back")
{
    EXPECT(setup());
    struct memory *memory;
    uint64_t free = page_free_count();
    EXPECT(memory_contiguous_make(nullptr, 5 * PAGE_SIZE, MEMORY_CACHED, true, &memory) == OK);
    for (uint64_t done = 0; done < memory->size;)
        EXPECT(memory_contiguous_step(memory, &done) == OK);
    for (uint64_t i = 0; i < 5; i++)
        EXPECT(page_physical(memory_peek(memory, i * PAGE_SIZE)) ==
               memory->physical + i * PAGE_SIZE);
    EXPECT(free - page_free_count() < 5 + 8); // and blocks of slabs
    object_put(&memory->object);
    EXPECT(free - page_free_count() < 8);
}

TEST("thousands of mappings are placed without overlap and all is given back at the end")
{
    EXPECT(setup());
    uint64_t free = page_free_count();
    struct memory *memory = fresh(3);
    EXPECT(memory_seal(memory) == OK);
    for (int i = 0; i < 5000; i++) EXPECT(map(&here.space, memory, 0, MAP_READ) != 0);
    struct region *last = region_find(&here.space, 0);
    for (struct region *next; (next = region_find(&here.space, region_end(last))); last = next)
        EXPECT(next->start >= region_end(last) && next->start % PAGE_SIZE == 0);
    EXPECT(memory->region_count == 5000);
    object_put(&memory->object);
    while (!space_clear(&here.space)) {
    }
    EXPECT(free - page_free_count() < 16); // spare blocks of slabs
}

TEST("mapping and unmapping for ever stays in one place")
{
    EXPECT(setup());
    struct memory *memory = fresh(4);
    uintptr_t low = UINTPTR_MAX, high = 0;
    for (int i = 0; i < 1000; i++) {
        uintptr_t address = map(&here.space, memory, 0, READ_WRITE);
        if (address < low) low = address;
        if (address > high) high = address;
        EXPECT(unmap(&here.space, address, memory->size));
    }
    EXPECT(high == low);
}
