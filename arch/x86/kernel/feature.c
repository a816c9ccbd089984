// SPDX-License-Identifier: MIT
// What a processor has, by CPUID. (Intel SDM volume 2, CPUID; AMD APM volume 3, appendix E.)
#include "arch/x86/feature.h"
#include <arch/arch.h>
#include "arch/x86/register.h"
#include "kernel/schedule/cpu.h"

const char *const arch_feature[] = {
    [FEATURE_NX] = "nx",
    [FEATURE_MCE] = "mce",
    [FEATURE_PCID] = "pcid",
    [FEATURE_PAGE_1G] = "page1gb",
    [FEATURE_SMEP] = "smep",
    [FEATURE_SMAP] = "smap",
    [FEATURE_UMIP] = "umip",
    [FEATURE_FSGSBASE] = "fsgsbase",
    [FEATURE_X2APIC] = "x2apic",
    [FEATURE_TSC_DEADLINE] = "tsc_deadline",
    [FEATURE_INVARIANT_TSC] = "invariant_tsc",
    [FEATURE_XSAVE] = "xsave",
    [FEATURE_XSAVEOPT] = "xsaveopt",
    [FEATURE_AVX] = "avx",
    [FEATURE_AVX512F] = "avx512f",
    [FEATURE_RDRAND] = "rdrand",
    [FEATURE_RDSEED] = "rdseed",
    [FEATURE_COUNT] = nullptr,
};
static_assert(FEATURE_COUNT <= 64);

enum word : uint8_t { ONE_C, ONE_D, SEVEN_B, SEVEN_C, D_A, EXTENDED_D, POWER_D, WORD_COUNT };

static const struct {
    enum word word;
    uint32_t bit;
} place[FEATURE_COUNT] = {
    [FEATURE_NX] = {EXTENDED_D, CPUID_81_D_NX},
    [FEATURE_MCE] = {ONE_D, CPUID_1_D_MCE},
    [FEATURE_PCID] = {ONE_C, CPUID_1_C_PCID},
    [FEATURE_PAGE_1G] = {EXTENDED_D, CPUID_81_D_PAGE_1G},
    [FEATURE_SMEP] = {SEVEN_B, CPUID_7_B_SMEP},
    [FEATURE_SMAP] = {SEVEN_B, CPUID_7_B_SMAP},
    [FEATURE_UMIP] = {SEVEN_C, CPUID_7_C_UMIP},
    [FEATURE_FSGSBASE] = {SEVEN_B, CPUID_7_B_FSGSBASE},
    [FEATURE_X2APIC] = {ONE_C, CPUID_1_C_X2APIC},
    [FEATURE_TSC_DEADLINE] = {ONE_C, CPUID_1_C_TSC_DEADLINE},
    [FEATURE_INVARIANT_TSC] = {POWER_D, CPUID_87_D_INVARIANT_TSC},
    [FEATURE_XSAVE] = {ONE_C, CPUID_1_C_XSAVE},
    [FEATURE_XSAVEOPT] = {D_A, CPUID_D_A_XSAVEOPT},
    [FEATURE_AVX] = {ONE_C, CPUID_1_C_AVX},
    [FEATURE_AVX512F] = {SEVEN_B, CPUID_7_B_AVX512F},
    [FEATURE_RDRAND] = {ONE_C, CPUID_1_C_RDRAND},
    [FEATURE_RDSEED] = {SEVEN_B, CPUID_7_B_RDSEED},
};

enum : uint32_t { BRAND_FIRST = 0x8000'0002, BRAND_LEAVES = 3 };
static_assert(BRAND_LEAVES * sizeof(struct cpuid) == FE_CPU_MODEL_MAX);

static const char *skip_spaces(const char *text)
{
    while (*text == ' ') text++;
    return text;
}

static void model_find(struct cpu *cpu)
{
    union {
        struct cpuid leaf[BRAND_LEAVES];
        char text[FE_CPU_MODEL_MAX];
    } brand = {};
    struct cpuid zero = cpuid(0, 0);
    uint32_t vendor[4] = {zero.ebx, zero.edx, zero.ecx};
    for (uint32_t i = 0; i < BRAND_LEAVES; i++)
        brand.leaf[i] = cpuid_if_present(BRAND_FIRST + i, 0);
    brand.text[sizeof brand.text - 1] = '\0';
    const char *name = skip_spaces(brand.text);
    if (name[0] != '\0')
        cpu_set_model(cpu, "%s", name);
    else
        cpu_set_model(cpu, "%s 0x%x", (const char *)vendor, cpuid(1, 0).eax);
}

void feature_find(struct cpu *cpu)
{
    uint32_t word[WORD_COUNT] = {
        [ONE_C] = cpuid(1, 0).ecx,
        [ONE_D] = cpuid(1, 0).edx,
        [SEVEN_B] = cpuid_if_present(7, 0).ebx,
        [SEVEN_C] = cpuid_if_present(7, 0).ecx,
        [D_A] = cpuid_if_present(0xd, 1).eax,
        [EXTENDED_D] = cpuid_if_present(0x8000'0001, 0).edx,
        [POWER_D] = cpuid_if_present(0x8000'0007, 0).edx,
    };
    cpu->features = cpu->features_used = 0;
    for (uint32_t i = 0; i < FEATURE_COUNT; i++) {
        if (word[place[i].word] & place[i].bit) cpu->features |= 1ull << i;
    }
    model_find(cpu);
}
