// SPDX-License-Identifier: MIT
// How a frame is printed.
#include <arch/arch.h>

static const char *const names[] = {"a0", "a1", "a2", "a3", "a4", "a5",  "a6",  "a7",
                                    "t0", "t1", "t2", "t3", "t4", "t5",  "t6",  "ra",
                                    "sp", "gp", "tp", "s0", "s1", "s2",  "s3",  "s4",
                                    "s5", "s6", "s7", "s8", "s9", "s10", "s11", "pc"};
enum : uint32_t { NAMES = sizeof names / sizeof *names, PER_LINE = 4 };
static_assert(offsetof(struct frame, pc) == (NAMES - 1) * sizeof(uint64_t));

bool arch_frame_print(const struct frame *frame, uint32_t line,
                      void (*print)(const char *format, ...))
{
    const uint64_t *value = frame->reg + line * PER_LINE;
    const char *const *name = names + line * PER_LINE;
    if (line >= NAMES / PER_LINE) return false;
    print("  %-3s %016lx  %-3s %016lx  %-3s %016lx  %-3s %016lx\n", name[0], value[0], name[1],
          value[1], name[2], value[2], name[3], value[3]);
    return true;
}
