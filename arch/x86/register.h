// SPDX-License-Identifier: MIT
// The registers of x86 processors that no C expression reaches: CPUID leaves, model-specific
// registers, control registers and I/O ports, and the numbers by which the manuals name their bits.
// Shared by i386 and x86_64; pure wrappers, no state. (Intel SDM volumes 2 to 4, AMD APM volume 2.)
#pragma once

#include <stdint.h>

struct cpuid {
    uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
    struct cpuid r;
    __asm__ volatile("cpuid"
                     : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
                     : "a"(leaf), "c"(subleaf));
    return r;
}

// As cpuid(), all zero when the processor has no such leaf.
static inline struct cpuid cpuid_if_present(uint32_t leaf, uint32_t subleaf)
{
    if (cpuid(leaf & 0xffff'0000u, 0).eax < leaf) return (struct cpuid){};
    return cpuid(leaf, subleaf);
}

enum : uint32_t {
    // Leaf 1
    CPUID_1_C_PCID = 1u << 17,
    CPUID_1_C_X2APIC = 1u << 21,
    CPUID_1_C_TSC_DEADLINE = 1u << 24,
    CPUID_1_C_XSAVE = 1u << 26,
    CPUID_1_C_OSXSAVE = 1u << 27,
    CPUID_1_C_AVX = 1u << 28,
    CPUID_1_C_RDRAND = 1u << 30,
    CPUID_1_C_HYPERVISOR = 1u << 31,
    CPUID_1_D_MCE = 1u << 7,
    CPUID_1_D_PAT = 1u << 16,
    // Leaf 7, subleaf 0
    CPUID_7_B_FSGSBASE = 1u << 0,
    CPUID_7_B_SMEP = 1u << 7,
    CPUID_7_B_INVPCID = 1u << 10,
    CPUID_7_B_AVX512F = 1u << 16,
    CPUID_7_B_RDSEED = 1u << 18,
    CPUID_7_B_SMAP = 1u << 20,
    CPUID_7_C_UMIP = 1u << 2,
    // Leaf 0xd, subleaf 1
    CPUID_D_A_XSAVEOPT = 1u << 0,
    // Leaf 0x8000'0001
    CPUID_81_D_NX = 1u << 20,
    CPUID_81_D_PAGE_1G = 1u << 26,
    // Leaf 0x8000'0007
    CPUID_87_D_INVARIANT_TSC = 1u << 8,
};

enum : uint32_t {
    MSR_APIC_BASE = 0x1b,
    MSR_PAT = 0x277,
    MSR_TSC_DEADLINE = 0x6e0,
    MSR_X2APIC = 0x800,
    MSR_EFER = 0xc000'0080,
    MSR_STAR = 0xc000'0081,
    MSR_LSTAR = 0xc000'0082,
    MSR_SFMASK = 0xc000'0084,
    MSR_FS_BASE = 0xc000'0100,
    MSR_GS_BASE = 0xc000'0101,
    MSR_KERNEL_GS_BASE = 0xc000'0102,
};

enum : uint32_t { EFER_SCE = 1u << 0, EFER_LME = 1u << 8, EFER_NXE = 1u << 11 };
enum : uint32_t {
    CR0_MP = 1u << 1,
    CR0_EM = 1u << 2,
    CR0_TS = 1u << 3,
    CR0_NE = 1u << 5,
    CR0_WP = 1u << 16
};
enum : uint32_t {
    CR4_PAE = 1u << 5,
    CR4_MCE = 1u << 6,
    CR4_PGE = 1u << 7,
    CR4_OSFXSR = 1u << 9,
    CR4_OSXMMEXCPT = 1u << 10,
    CR4_UMIP = 1u << 11,
    CR4_FSGSBASE = 1u << 16,
    CR4_PCIDE = 1u << 17,
    CR4_OSXSAVE = 1u << 18,
    CR4_SMEP = 1u << 20,
    CR4_SMAP = 1u << 21,
};
enum : uint32_t {
    RFLAGS_TF = 1u << 8,
    RFLAGS_IF = 1u << 9,
    RFLAGS_DF = 1u << 10,
    RFLAGS_NT = 1u << 14,
    RFLAGS_AC = 1u << 18
};

static inline uint64_t msr_read(uint32_t msr)
{
    uint32_t low, high;
    __asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
    return (uint64_t)high << 32 | low;
}

static inline void msr_write(uint32_t msr, uint64_t value)
{
    __asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
                     : "memory");
}

#define CONTROL_REGISTER(name)                                                                     \
    static inline uintptr_t name##_read(void)                                                      \
    {                                                                                              \
        uintptr_t value;                                                                           \
        __asm__ volatile("mov %%" #name ", %0" : "=r"(value)::"memory");                           \
        return value;                                                                              \
    }                                                                                              \
    static inline void name##_write(uintptr_t value)                                               \
    {                                                                                              \
        __asm__ volatile("mov %0, %%" #name ::"r"(value) : "memory");                              \
    }
CONTROL_REGISTER(cr0)
CONTROL_REGISTER(cr2)
CONTROL_REGISTER(cr3)
CONTROL_REGISTER(cr4)
#undef CONTROL_REGISTER

#define PORT_ACCESS(bits, type, suffix)                                                            \
    static inline type port_in##bits(uint16_t port)                                                \
    {                                                                                              \
        type value;                                                                                \
        __asm__ volatile("in" suffix " %1, %0" : "=a"(value) : "Nd"(port) : "memory");             \
        return value;                                                                              \
    }                                                                                              \
    static inline void port_out##bits(uint16_t port, type value)                                   \
    {                                                                                              \
        __asm__ volatile("out" suffix " %0, %1" ::"a"(value), "Nd"(port) : "memory");              \
    }
PORT_ACCESS(8, uint8_t, "b")
PORT_ACCESS(16, uint16_t, "w")
PORT_ACCESS(32, uint32_t, "l")
#undef PORT_ACCESS

static inline uint64_t tsc_read(void)
{
    uintptr_t low, high; // their upper halves become 0
    __asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
    return (uint64_t)high << 32 | low;
}
