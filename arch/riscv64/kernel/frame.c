// SPDX-License-Identifier: MIT
// How a frame is printed.
#include <arch/arch.h>

static const char *const names[] = {"a0", "a1", "a2", "a3", "a4", "a5",  "a6",  "a7",
                                    "t0", "t1", "t2", "t3", "t4", "t5",  "t6",  "ra",
                                    "sp", "gp", "tp", "s0", "s1", "s2",  "s3",  "s4",
                                    "s5", "s6", "s7", "s8", "s9", "s10", "s11", "pc"};
enum : uint32_t { NAMES = sizeof names / sizeof *names, PER_LINE = 3 };
static_assert(offsetof(struct frame, pc) == (NAMES - 1) * sizeof(uint64_t));

bool arch_frame_print(const struct frame *frame, uint32_t line,
                      void (*print)(const char *format, ...))
{
    uint32_t i = line * PER_LINE;
    const uint64_t *value = frame->reg + i;
    const char *const *name = names + i;
    if (i >= NAMES) return false;
    if (i + PER_LINE <= NAMES)
        print("  %-3s %016lx  %-3s %016lx  %-3s %016lx\n", name[0], value[0], name[1], value[1],
              name[2], value[2]);
    else
        print("  %-3s %016lx  %-3s %016lx\n", name[0], value[0], name[1], value[1]);
    return true;
}
static_assert(NAMES % PER_LINE == 2);
