// SPDX-License-Identifier: MIT
// Memory objects and mappings: commitment, clones, sealing, protection, windows.
#include <ferrite/libc.h>
#include <guest/guest.h>

enum : size_t { PAGES = 8, SIZE = PAGES * FE_PAGE_SIZE };

static const uint32_t both = MAP_READ | MAP_WRITE;

TEST("new memory is zero, and committed as it is touched, or at once without an MMU")
{
    fe_handle memory;
    size_t size, committed;
    void *at;
    EXPECT(fe_memory_create(SIZE, 0, &memory) == OK);
    EXPECT(fe_memory_size(memory, &size, &committed) == OK && size == SIZE);
    EXPECT(committed == (guest_translates ? 0 : SIZE));
    EXPECT(fe_memory_map(memory, 0, SIZE, both, &at) == OK);
    volatile uint64_t *words = at;
    for (size_t i = 0; i < SIZE / sizeof *words; i += 64) EXPECT(words[i] == 0);
    words[3 * FE_PAGE_SIZE / sizeof *words] = 7;
    EXPECT(fe_memory_size(memory, &size, &committed) == OK && committed >= FE_PAGE_SIZE);
    EXPECT(fe_memory_unmap(at, SIZE) == OK);
    EXPECT(fe_handle_close(memory) == OK);
}

TEST("what is written through one mapping is seen through another, and by memory_read")
{
    fe_handle memory;
    void *one, *two;
    char text[8] = {};
    EXPECT(fe_memory_create(SIZE, 0, &memory) == OK);
    EXPECT(fe_memory_map(memory, 0, SIZE, both, &one) == OK);
    enum status status = fe_memory_map(memory, FE_PAGE_SIZE, FE_PAGE_SIZE, MAP_READ, &two);
    EXPECT(status == (guest_translates ? OK : ERR_EXISTS));
    if (!guest_translates) two = (char *)one + FE_PAGE_SIZE; // the one place where it is
    memcpy((char *)one + FE_PAGE_SIZE + 100, "shared", 7);
    EXPECT(strcmp((char *)two + 100, "shared") == 0);
    EXPECT(fe_memory_read(memory, FE_PAGE_SIZE + 100, text, 7) == OK &&
           strcmp(text, "shared") == 0);
    EXPECT(fe_memory_write(memory, FE_PAGE_SIZE + 100, "copied", 7) == OK);
    EXPECT(strcmp((char *)two + 100, "copied") == 0);
    EXPECT(fe_memory_unmap(one, SIZE) == OK);
    EXPECT(!guest_translates || fe_memory_unmap(two, FE_PAGE_SIZE) == OK);
    EXPECT(fe_handle_close(memory) == OK);
}

TEST("a clone has its own copy of what either side changes")
{
    fe_handle memory, clone;
    char text[8] = {};
    EXPECT(fe_memory_create(SIZE, 0, &memory) == OK);
    EXPECT(fe_memory_write(memory, 0, "before", 7) == OK);
    EXPECT(fe_memory_clone(memory, 0, SIZE, &clone) == OK);
    EXPECT(fe_memory_write(memory, 0, "after", 6) == OK);
    EXPECT(fe_memory_read(clone, 0, text, 7) == OK && strcmp(text, "before") == 0);
    EXPECT(fe_memory_write(clone, FE_PAGE_SIZE, "mine", 5) == OK);
    EXPECT(fe_memory_read(memory, FE_PAGE_SIZE, text, 5) == OK && text[0] == 0);
    EXPECT(fe_handle_close(clone) == OK && fe_handle_close(memory) == OK);
}

static void expect_one_view(fe_handle memory)
{
    void *at, *other;
    EXPECT(fe_memory_map(memory, 0, SIZE, both, &at) == OK);
    EXPECT(fe_memory_map(memory, 0, SIZE, both, &other) == ERR_EXISTS);
    EXPECT(fe_memory_map(memory, 0, FE_PAGE_SIZE, MAP_READ, &other) == ERR_EXISTS);
    EXPECT(fe_memory_unmap(at, SIZE) == OK);
    EXPECT(fe_memory_map(memory, 0, SIZE, both, &other) == OK && other == at);
    EXPECT(fe_memory_unmap(at, SIZE) == OK && fe_handle_close(memory) == OK);
}

TEST("memory that is written to may have any number of views, and all show the same")
{
    enum : uint32_t { VIEWS = 3000 };
    static volatile uint32_t *view[VIEWS];
    fe_handle memory, clone;
    uint32_t kept = 0;
    EXPECT(fe_memory_create(SIZE, 0, &memory) == OK);
    if (!guest_translates) {
        expect_one_view(memory);
        return;
    }
    for (uint32_t i = 0; i < VIEWS; i++) {
        void *at;
        EXPECT(fe_memory_map(memory, 0, SIZE, both, &at) == OK);
        view[i] = at;
        view[i][0] = i;
    }
    for (uint32_t i = 0; i < VIEWS; i++) EXPECT(view[i][0] == VIEWS - 1);
    EXPECT(fe_memory_clone(memory, 0, SIZE, &clone) == OK);
    view[VIEWS / 2][0] = 7; // gets a page of its own, which every view has to show
    for (uint32_t i = 0; i < VIEWS; i++) EXPECT(view[i][0] == 7);
    EXPECT(fe_memory_read(clone, 0, &kept, sizeof kept) == OK && kept == VIEWS - 1);
    for (uint32_t i = 0; i < VIEWS; i++) EXPECT(fe_memory_unmap((void *)view[i], SIZE) == OK);
    EXPECT(fe_handle_close(clone) == OK && fe_handle_close(memory) == OK);
}

TEST("sealed memory stays as it is")
{
    fe_handle memory;
    void *at;
    EXPECT(fe_memory_create(SIZE, 0, &memory) == OK);
    EXPECT(fe_memory_map(memory, 0, SIZE, both, &at) == OK);
    EXPECT(fe_memory_seal(memory) == ERR_BUSY);
    EXPECT(fe_memory_unmap(at, SIZE) == OK);
    EXPECT(fe_memory_seal(memory) == OK);
    EXPECT(fe_memory_write(memory, 0, "x", 1) != OK);
    EXPECT(fe_memory_map(memory, 0, SIZE, both, &at) != OK);
    EXPECT(fe_memory_resize(memory, SIZE * 2) != OK);
    EXPECT(fe_memory_map(memory, 0, SIZE, MAP_READ, &at) == OK);
    EXPECT(fe_memory_unmap(at, SIZE) == OK && fe_handle_close(memory) == OK);
}

TEST("memory grows and shrinks")
{
    fe_handle memory;
    size_t size, committed;
    char byte = 1;
    EXPECT(fe_memory_create(guest_translates ? FE_PAGE_SIZE : SIZE, 0, &memory) == OK);
    EXPECT(fe_memory_resize(memory, SIZE) == OK);
    EXPECT(fe_memory_write(memory, SIZE - 1, "x", 1) == OK);
    EXPECT(fe_memory_resize(memory, FE_PAGE_SIZE) == OK);
    EXPECT(fe_memory_size(memory, &size, &committed) == OK && size == FE_PAGE_SIZE);
    EXPECT(fe_memory_read(memory, SIZE - 1, &byte, 1) == ERR_BAD_ARGUMENT);
    if (guest_translates) {
        EXPECT(fe_memory_resize(memory, SIZE) == OK);
        EXPECT(fe_memory_read(memory, SIZE - 1, &byte, 1) == OK && byte == 0);
    } else {
        EXPECT(fe_memory_resize(memory, SIZE) == ERR_NOT_SUPPORTED);
    }
    EXPECT(fe_handle_close(memory) == OK);
}

TEST("what is cut off from memory is gone for whoever has it mapped")
{
    fe_handle memory;
    void *address;
    EXPECT(fe_memory_create(SIZE, 0, &memory) == OK);
    EXPECT(fe_memory_map(memory, 0, SIZE, both, &address) == OK);
    memset(address, 'x', SIZE);
    EXPECT(fe_memory_resize(memory, FE_PAGE_SIZE) == OK);
    char *at = address, byte = 'y';
    EXPECT(at[FE_PAGE_SIZE - 1] == 'x' && fe_memory_write(memory, 0, &byte, 1) == OK);
    EXPECT(fe_memory_write(memory, 0, at + FE_PAGE_SIZE, 1) == ERR_BAD_ADDRESS);
    EXPECT(fe_memory_read(memory, 0, at + SIZE - 1, 1) == ERR_BAD_ADDRESS);
    EXPECT(fe_memory_unmap(address, SIZE) == OK && fe_handle_close(memory) == OK);
}

TEST("memory that cannot be where it is wanted is refused, and what is there stays")
{
    fe_handle memory, other, self = fe_process_self();
    void *address;
    uintptr_t at;
    EXPECT(fe_memory_create(SIZE, 0, &memory) == OK && fe_memory_create(SIZE, 0, &other) == OK);
    EXPECT(fe_memory_map(memory, 0, SIZE, both, &address) == OK);
    memset(address, 'x', SIZE);
    uint32_t flags = both | MAP_FIXED | MAP_REPLACE;
    enum status status = fe_process_map(self, other, 0, SIZE, (uintptr_t)address, flags, &at);
    EXPECT(status == (guest_translates ? OK : ERR_NOT_SUPPORTED));
    EXPECT(*(char *)address == (guest_translates ? 0 : 'x'));
    EXPECT(fe_memory_unmap(address, SIZE) == OK);
    EXPECT(fe_handle_close(memory) == OK && fe_handle_close(other) == OK);
}

TEST("no mapping is writable and executable, and none is in the kernel's half")
{
    fe_handle memory, self = fe_process_self();
    uintptr_t at;
    EXPECT(fe_memory_create(SIZE, 0, &memory) == OK);
    EXPECT(fe_process_map(self, memory, 0, SIZE, 0, MAP_WRITE | MAP_EXECUTE, &at) != OK);
    EXPECT(fe_process_map(self, memory, 0, SIZE, kernel_address, both | MAP_FIXED, &at) != OK);
    EXPECT(fe_process_map(self, memory, 1, SIZE, 0, both, &at) == ERR_BAD_ARGUMENT);
    EXPECT(fe_process_map(self, memory, 0, SIZE + FE_PAGE_SIZE, 0, both, &at) == ERR_BAD_ARGUMENT);
    EXPECT(fe_process_map(self, memory, ~(uint64_t)0xfff, SIZE, 0, both, &at) == ERR_BAD_ARGUMENT);
    EXPECT(fe_process_map(self, NO_SUCH_HANDLE, 0, SIZE, 0, both, &at) == ERR_BAD_HANDLE);
    EXPECT(fe_process_map(self, memory, 0, SIZE, 0, both, &at) == OK);
    EXPECT(fe_process_protect(self, at, SIZE, MAP_WRITE | MAP_EXECUTE) != OK);
    EXPECT(fe_process_unmap(self, at, SIZE) == OK && fe_handle_close(memory) == OK);
}

// Image, stack and mappings are drawn apart: that all three are in the lowest 4096th has a chance
// of 2^-36.
TEST("mappings lie anywhere below an end, and where another machine may have more is nothing")
{
    fe_handle memory, self = fe_process_self();
    uintptr_t at, bits = sizeof at * 8;
    EXPECT(fe_memory_create(SIZE, 0, &memory) == OK);
    if (guest_translates) {
        uint32_t flags = both | MAP_FIXED, replace = flags | MAP_REPLACE;
        enum status status;
        do {
            uintptr_t last = ((uintptr_t)1 << --bits) - SIZE - FE_PAGE_SIZE;
            status = fe_process_map(self, memory, 0, SIZE, last, flags, &at);
            if (status == OK) break;
            EXPECT(status == ERR_BAD_ARGUMENT);
            EXPECT(fe_process_map(self, memory, 0, SIZE, last, replace, &at) == ERR_BAD_ARGUMENT);
            EXPECT(fe_debug_write(guest_resource("debug"), (void *)last, 1) == ERR_BAD_ADDRESS);
        } while (bits > 20);
        EXPECT(status == OK && (*(volatile char *)at = 1) == 1);
        guest_print("mappings end below 2^%u\n", (uint32_t)bits);
        EXPECT(fe_process_unmap(self, at, SIZE) == OK);
        EXPECT(fe_process_map(self, memory, 0, SIZE, 0, both, &at) == OK);
        EXPECT((at | (uintptr_t)&at | (uintptr_t)&both) >> (bits - 12) != 0);
        EXPECT(fe_process_unmap(self, at, SIZE) == OK);
    }
    EXPECT(fe_handle_close(memory) == OK);
}

TEST("a fixed mapping finds its place taken, unless it may replace what is there")
{
    fe_handle memory, self = fe_process_self();
    uintptr_t at, again;
    EXPECT(fe_memory_create(SIZE, 0, &memory) == OK);
    EXPECT(fe_process_map(self, memory, 0, SIZE, 0, both, &at) == OK);
    EXPECT(fe_process_map(self, memory, 0, SIZE, at, both | MAP_FIXED, &again) == ERR_EXISTS);
    EXPECT(fe_process_map(self, memory, 0, SIZE, at, both | MAP_FIXED | MAP_REPLACE, &again) == OK);
    EXPECT(again == at);
    EXPECT(fe_process_unmap(self, at, SIZE) == OK && fe_handle_close(memory) == OK);
}

TEST("rights of a memory handle limit what can be mapped and done")
{
    fe_handle memory, clone;
    void *at;
    uint64_t physical;
    EXPECT(fe_memory_create(SIZE, 0, &memory) == OK);
    fe_handle reader = guest_weaken(memory, RIGHT_MEMORY_READ | RIGHT_MEMORY_MAP);
    fe_handle nothing = guest_weaken(memory, RIGHT_INSPECT);
    EXPECT(fe_memory_map(reader, 0, SIZE, both, &at) == ERR_NO_RIGHT);
    EXPECT(fe_memory_map(reader, 0, SIZE, MAP_READ | MAP_EXECUTE, &at) == ERR_NO_RIGHT);
    EXPECT(fe_memory_map(reader, 0, SIZE, MAP_READ, &at) == OK);
    EXPECT(fe_memory_unmap(at, SIZE) == OK);
    EXPECT(fe_memory_map(nothing, 0, SIZE, MAP_READ, &at) == ERR_NO_RIGHT);
    EXPECT(fe_memory_write(reader, 0, "x", 1) == ERR_NO_RIGHT);
    EXPECT(fe_memory_clone(nothing, 0, SIZE, &clone) == ERR_NO_RIGHT);
    EXPECT(fe_memory_seal(reader) == ERR_NO_RIGHT);
    EXPECT(fe_memory_resize(reader, SIZE) == ERR_NO_RIGHT);
    EXPECT(fe_memory_physical(reader, 0, &physical) == ERR_NO_RIGHT);
    EXPECT(fe_handle_close(reader) == OK && fe_handle_close(nothing) == OK);
    EXPECT(fe_handle_close(memory) == OK);
}

TEST("a size that no machine has is refused, not believed")
{
    fe_handle memory, clone;
    enum status status = fe_memory_create(SIZE_MAX, 0, &memory); // 4 GiB that are not there yet
    EXPECT(status != OK || (SIZE_MAX == UINT32_MAX && fe_handle_close(memory) == OK));
    constexpr size_t much = SIZE_MAX > UINT32_MAX ? (size_t)(1ull << 50) : SIZE_MAX / 2;
    EXPECT(fe_memory_create(much, MEMORY_COMMIT, &memory) != OK);
    EXPECT(fe_memory_create(0, 0, &memory) == ERR_BAD_ARGUMENT);
    EXPECT(fe_memory_create(SIZE, 0xff00, &memory) == ERR_BAD_ARGUMENT);
    EXPECT(fe_memory_create(SIZE, 0, &memory) == OK);
    EXPECT(fe_memory_clone(memory, FE_PAGE_SIZE, SIZE, &clone) == ERR_BAD_ARGUMENT);
    EXPECT(fe_memory_read(memory, 0, (void *)kernel_address, 8) == ERR_BAD_ADDRESS);
    EXPECT(fe_memory_read(memory, 0, (void *)unmapped_address, 8) == ERR_BAD_ADDRESS);
    EXPECT(fe_memory_write(memory, 0, (void *)unmapped_address, 8) == ERR_BAD_ADDRESS);
    EXPECT(fe_handle_close(memory) == OK);
}

TEST("contiguous memory has known physical addresses, one after the other")
{
    fe_handle memory;
    uint64_t first, second;
    EXPECT(fe_memory_contiguous(guest_resource("dma"), SIZE, MEMORY_CACHED, UINT32_MAX, &memory,
                                &first) == OK);
    EXPECT(first % FE_PAGE_SIZE == 0 && first + SIZE - 1 <= UINT32_MAX);
    EXPECT(fe_memory_physical(memory, FE_PAGE_SIZE, &second) == OK);
    EXPECT(second == first + FE_PAGE_SIZE);
    EXPECT(fe_memory_physical(memory, SIZE, &second) == ERR_BAD_ARGUMENT);
    EXPECT(fe_handle_close(memory) == OK);
}

TEST("a window needs a resource of memory that it lies in")
{
    fe_handle memory;
    EXPECT(fe_memory_window(guest_resource("dma"), 0, FE_PAGE_SIZE, MEMORY_DEVICE, &memory) != OK);
    EXPECT(fe_memory_window(guest_resource("memory"), UINT64_MAX - 0xfff, 2 * FE_PAGE_SIZE,
                            MEMORY_DEVICE, &memory) != OK);
    EXPECT(fe_memory_window(guest_resource("memory"), 1, FE_PAGE_SIZE, MEMORY_DEVICE, &memory) ==
           ERR_BAD_ARGUMENT);
    EXPECT(fe_memory_window(NO_SUCH_HANDLE, 0, FE_PAGE_SIZE, MEMORY_DEVICE, &memory) ==
           ERR_BAD_HANDLE);
}

// The most of `size`, half of it, ... that is to be had: without an MMU it has to be in one piece.
static size_t largest_piece(size_t size)
{
    fe_handle memory;
    for (; size > FE_PAGE_SIZE; size = fe_page_round(size / 2)) {
        if (fe_memory_create(size, MEMORY_COMMIT, &memory) != OK) continue;
        (void)!fe_handle_close(memory);
        break;
    }
    return size;
}

TEST("memory that was just given up is there for whoever asks next, however much it is")
{
    struct fe_system_info system;
    EXPECT(fe_system_inspect(guest_resource("system"), &system) == OK);
    size_t size = fe_page_round(system.memory_free / 8 * 5);
    if (!guest_translates) size = largest_piece(size);
    for (uint32_t i = 0; i < 3; i++) { // two do not fit, so the second waits for the first to go
        fe_handle memory;
        size_t whole, committed;
        EXPECT(fe_memory_create(size, MEMORY_COMMIT, &memory) == OK);
        EXPECT(fe_memory_size(memory, &whole, &committed) == OK && committed == size);
        EXPECT(fe_handle_close(memory) == OK);
    }
    fe_handle memory;
    EXPECT(fe_memory_create(2 * system.memory_total, MEMORY_COMMIT, &memory) == ERR_NO_MEMORY);
}

TEST("contiguous memory may be larger than any table of the machine, and is zero")
{
    enum : size_t { LARGE = 9u << 20 };
    fe_handle memory;
    uint64_t physical, at;
    void *address;
    for (uint32_t i = 0; i < 2; i++) {
        EXPECT(fe_memory_contiguous(guest_resource("dma"), LARGE, MEMORY_CACHED, 0, &memory,
                                    &physical) == OK);
        EXPECT(fe_memory_physical(memory, LARGE - FE_PAGE_SIZE, &at) == OK);
        EXPECT(at == physical + LARGE - FE_PAGE_SIZE);
        EXPECT(fe_memory_map(memory, 0, LARGE, both, &address) == OK);
        for (size_t byte = 0; byte < LARGE; byte += FE_PAGE_SIZE) {
            EXPECT(((volatile uint8_t *)address)[byte + i] == 0);
            ((volatile uint8_t *)address)[byte + i] = 0xff;
        }
        EXPECT(fe_memory_unmap(address, LARGE) == OK && fe_handle_close(memory) == OK);
    }
}

static struct {
    fe_handle memory, event;
} cut;

static void close_soon(void *)
{
    uint64_t bits;
    if (fe_event_wait(cut.event, 1, FE_FOREVER, &bits) == OK) (void)!fe_handle_close(cut.memory);
}

TEST("a long write whose handle is closed on the way leaves nothing for the next one")
{
    const size_t length = guest_translates ? 32u << 20 : 8u << 20;
    fe_handle memory;
    void *address;
    uint8_t first = 0;
    EXPECT(fe_memory_create(length, 0, &memory) == OK);
    EXPECT(fe_handle_duplicate(memory, RIGHT_ALL, &cut.memory) == OK);
    EXPECT(fe_memory_allocate(length, &address) == OK && fe_event_create(&cut.event) == OK);
    guest_cpus(0, 1); // so that it is before the rest of the write
    EXPECT(guest_thread(close_soon, nullptr, PRIORITY_DRIVER) == OK);
    EXPECT(fe_event_arm(cut.event, 1, fe_clock_after(MILLISECOND), 0) == OK);
    enum status status = OK; // the clock may be late, where the host has other things to do
    while (status == OK) status = fe_memory_write(cut.memory, 0, address, length);
    guest_cpus(0, ALL_CPUS);
    EXPECT(status == ERR_BAD_HANDLE);
    *(uint8_t *)address = 1;
    EXPECT(fe_memory_write(memory, 0, address, length) == OK);
    EXPECT(fe_memory_read(memory, 0, &first, 1) == OK && first == 1);
    EXPECT(fe_memory_unmap(address, length) == OK && fe_handle_close(memory) == OK);
    EXPECT(fe_handle_close(cut.event) == OK);
}

static uint64_t memory_left(void)
{
    struct fe_process_info info = {};
    return fe_process_inspect(fe_process_self(), &info) == OK ? info.memory_left : 0;
}

static bool is_told(fe_handle event)
{
    uint64_t bits;
    return fe_event_wait(event, 1, 0, &bits) == OK && bits == 1;
}

TEST("who wants to know when memory is short is told once, by what anybody takes or is refused")
{
    enum : size_t { TAKEN = 1u << 20 };
    fe_handle event = FE_NO_HANDLE, memory, other;
    EXPECT(fe_event_create(&event) == OK && fe_memory_reclaim() == OK);
    EXPECT(fe_memory_watch(event, 1, (size_t)memory_left() - TAKEN) == OK && !is_told(event));
    EXPECT(fe_memory_create(TAKEN / 2, MEMORY_COMMIT, &memory) == OK && !is_told(event));
    EXPECT(fe_memory_create(TAKEN, MEMORY_COMMIT, &other) == OK && is_told(event));
    EXPECT(fe_handle_close(other) == OK && fe_memory_reclaim() == OK && !is_told(event));
    EXPECT(fe_memory_create(TAKEN, MEMORY_COMMIT, &other) == OK && !is_told(event));
    EXPECT(fe_memory_watch(event, 1, SIZE_MAX) == OK && is_told(event)); // it is so already
    EXPECT(fe_memory_watch(event, 1, 1) == OK && !is_told(event));
    EXPECT(fe_memory_watch(event, 0, SIZE_MAX) == OK && !is_told(event));
    EXPECT(fe_memory_watch(other, 1, 1) == ERR_WRONG_TYPE);
    EXPECT(fe_memory_watch(NO_SUCH_HANDLE, 1, 1) == ERR_BAD_HANDLE);
    EXPECT(fe_handle_close(memory) == OK && fe_handle_close(other) == OK);
    EXPECT(fe_handle_close(event) == OK);
}

TEST("what a large object held is there again for who wants to know")
{
    const size_t length = guest_translates ? 16u << 20 : 4u << 20;
    void *address;
    EXPECT(fe_memory_reclaim() == OK);
    uint64_t before = memory_left();
    EXPECT(fe_memory_allocate(length, &address) == OK);
    for (size_t at = 0; at < length; at += FE_PAGE_SIZE) ((uint8_t *)address)[at] = 1;
    EXPECT(memory_left() <= before - length);
    EXPECT(fe_memory_unmap(address, length) == OK && fe_memory_reclaim() == OK);
    EXPECT(memory_left() == before);
}
