// SPDX-License-Identifier: MIT
// The start code's C half: relocates the program and goes on in the C library, or in lib/plain.
// Until relocate() has run no pointer in data may be used, so fe_start_c touches nothing else
// before.
#include <ferrite/start.h>
#include <arch/user/syscall.h>

// Set by build/user.ld; the image starts at its address 0. Hidden, so that they are reached without
// a table that would itself have to be relocated first.
[[gnu::visibility("hidden")]] extern const char __image_start[];
[[gnu::visibility("hidden")]] extern char __data_start[];
[[gnu::visibility("hidden")]] extern const uint32_t __data_offset[]; // from the image's start
[[gnu::visibility("hidden")]] extern const uintptr_t __relr_start[], __relr_end[];

// How far text and data are from where they were linked to.
struct shift {
    uintptr_t text, data;
};

static void move(uintptr_t *word, struct shift shift)
{
    *word += !DATA_IS_APART || *word >= *__data_offset ? shift.data : shift.text;
}

// RELR: an even entry is the address of a word to relocate; an odd one is a bitmap of the words
// after the last one touched, 63 or 31 of them (System V gABI, SHT_RELR). They are all in data.
static void relocate(struct shift shift)
{
    enum { BITS = 8 * sizeof(uintptr_t) - 1 };
    uintptr_t *where = nullptr;
    for (const uintptr_t *entry = __relr_start; entry < __relr_end; entry++) {
        if ((*entry & 1) == 0) {
            where = (uintptr_t *)(shift.data + *entry);
            move(where++, shift);
            continue;
        }
        uintptr_t *word = where;
        for (uintptr_t bits = *entry >> 1; bits != 0; bits >>= 1, word++) {
            if (bits & 1) move(word, shift);
        }
        where += BITS;
    }
}

// The parent left room for the thread's own handle, which exists only since the thread does.
static void place_thread(fe_handle thread)
{
    struct fe_start_handle *entry = (struct fe_start_handle *)fe_start_find("thread");
    if (entry && entry->handle == FE_NO_HANDLE) entry->handle = thread;
}

void fe_start_c(struct fe_start *start, fe_handle thread)
{
    struct shift shift = {.text = (uintptr_t)__image_start, .data = (uintptr_t)__image_start};
    if (DATA_IS_APART) shift.data = (uintptr_t)__data_start - *__data_offset;
    relocate(shift);
    fe_start_use(start);
    place_thread(thread);
    if (start->magic != FE_START_MAGIC || start->version != FE_START_VERSION) fe_exit(127);
    fe_program_start(start);
}
