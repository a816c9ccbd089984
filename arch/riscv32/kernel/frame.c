// SPDX-License-Identifier: MIT
// How a frame is printed.
#include <arch/arch.h>

static const char names[][4] = {"a0",  "a1",  "a2", "a3", "a4", "a5", "a6", "a7", "t0", "t1", "t2",
                                "t3",  "t4",  "t5", "s2", "s3", "s4", "s5", "s6", "s7", "s8", "s9",
                                "s10", "s11", "t6", "ra", "sp", "gp", "tp", "s0", "s1", "pc"};
enum : uint32_t { NAMES = sizeof names / sizeof *names, PER_LINE = 8 };
static_assert(offsetof(struct frame, pc) == (NAMES - 1) * sizeof(uintptr_t));

bool arch_frame_print(const struct frame *frame, uint32_t line,
                      void (*print)(const char *format, ...))
{
    const uintptr_t *value = (const uintptr_t *)frame + line * PER_LINE;
    if (line >= NAMES / PER_LINE) return false;
    for (uint32_t i = 0; i < PER_LINE; i++)
        print(" %3s %08lx%s", names[line * PER_LINE + i], (unsigned long)value[i],
              i + 1 == PER_LINE ? "\n" : "");
    return true;
}
