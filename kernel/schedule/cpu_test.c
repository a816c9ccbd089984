// SPDX-License-Identifier: MIT
// What CPUs make use of, of what they have.
#include "kernel/schedule/cpu.h"
#include "kernel/string.h"
#include "test/unit.h"
#include <arch/arch.h>

TEST("a feature that is there is used once it was asked for")
{
    none_reset();
    struct cpu *first = arch_cpu();
    first->features = 1u << 1 | 1u << 5;
    first->features_used = 0;
    EXPECT(first == cpu_list);
    EXPECT(cpu_feature_use(5) && first->features_used == 1u << 5);
    EXPECT(!cpu_feature_use(0) && first->features_used == 1u << 5);
    EXPECT(cpu_feature_use(5) && cpu_feature_use(1) && first->features_used == first->features);
}

TEST("another CPU uses nothing that the first does not")
{
    none_reset();
    struct cpu *first = arch_cpu(), other = {.features = 1u << 1 | 1u << 2};
    first->features = 1u << 0 | 1u << 1 | 1u << 2;
    first->features_used = 1u << 0 | 1u << 1;
    none_machine.cpu = &other;
    EXPECT(!cpu_feature_use(0)); // has it not, and is left out for that
    EXPECT(cpu_feature_use(1) && !cpu_feature_use(2) && other.features_used == 1u << 1);
    none_machine.cpu = first;
}

TEST("a model that is too long is cut")
{
    none_reset();
    struct cpu *cpu = arch_cpu();
    cpu_set_model(cpu, "%s %u", "a name of more characters than there is room for here", 7u);
    EXPECT(cpu->model[FE_CPU_MODEL_MAX - 1] == '\0');
    EXPECT(memcmp(cpu->model, "a name of more characters than there is room fo", 47) == 0);
}
