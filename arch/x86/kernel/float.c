// SPDX-License-Identifier: MIT
// x87, SSE and AVX registers: saved by XSAVE in the size that the processor tells, or by FXSAVE.
// Only register sets that need nothing else of the kernel are switched on. (Intel SDM volume 1,
// chapter 13.)
#include "arch/x86/float.h"
#include <arch/arch.h>
#include "kernel/schedule/cpu.h"

enum : uint64_t { STATE_X87 = 1, STATE_SSE = 2, STATE_AVX = 4, STATE_AVX512 = 0xe0 };
enum : uint32_t { LEGACY_SIZE = 512, CONTROL_DEFAULT = 0x37f, MXCSR_DEFAULT = 0x1f80 };

struct float_state {
    uint16_t control, status;
    uint8_t tags[20];
    uint32_t mxcsr;
    uint8_t registers[LEGACY_SIZE - 28];
    uint8_t extended[]; // XSAVE: header and further registers
};
static_assert(offsetof(struct float_state, mxcsr) == 24);

bool float_has_xsave, float_has_xsaveopt;
static uint32_t state_size = LEGACY_SIZE;

void float_init_cpu(void)
{
    if (!cpu_feature_use(FEATURE_XSAVE)) return;

    cr4_write(cr4_read() | CR4_OSXSAVE);
    uint64_t offered = cpuid(0xd, 0).eax, wanted = STATE_X87 | STATE_SSE;
    if (offered & STATE_AVX && cpu_feature_use(FEATURE_AVX)) wanted |= STATE_AVX;
    if ((offered & STATE_AVX512) == STATE_AVX512 && wanted & STATE_AVX &&
        cpu_feature_use(FEATURE_AVX512F)) {
        wanted |= STATE_AVX512;
    }
    __asm__ volatile("xsetbv" ::"c"(0), "a"((uint32_t)wanted), "d"(0));
    float_has_xsave = true;
    float_has_xsaveopt = cpu_feature_use(FEATURE_XSAVEOPT);
    state_size = (cpuid(0xd, 0).ebx + 63) & ~63u; // now for what is switched on
}

size_t arch_float_size(void)
{
    return state_size;
}

void arch_float_init(struct float_state *state)
{
    uint8_t *bytes = (uint8_t *)state;

    for (uint32_t i = 0; i < state_size; i++) bytes[i] = 0;
    state->control = CONTROL_DEFAULT;
    state->mxcsr = MXCSR_DEFAULT;
}
