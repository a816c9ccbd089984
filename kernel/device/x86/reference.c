// SPDX-License-Identifier: MIT
// Choosing the counter to calibrate by: HPET, else the timer of ACPI's power management block, else
// the PIT, which every PC has had.
#include "kernel/device/x86/reference.h"
#include <arch/arch.h>

enum : uint32_t { PM_TIMER_FREQUENCY = 3'579'545 };

static uint16_t pm_timer_port;
static struct reference pm_timer = {.name = "acpi timer", .frequency = PM_TIMER_FREQUENCY};

static uint64_t pm_timer_read(void)
{
    return port_in32(pm_timer_port) & pm_timer.mask;
}

static const struct reference *pm_timer_open(const struct acpi_fixed *fixed)
{
    if (fixed->pm_timer.address == 0 || fixed->pm_timer.address > UINT16_MAX ||
        fixed->pm_timer.space != ACPI_PORT) {
        return nullptr;
    }
    pm_timer_port = (uint16_t)fixed->pm_timer.address;
    pm_timer.mask = fixed->timer_is_32_bits ? UINT32_MAX : 0xff'ffff;
    pm_timer.read = pm_timer_read;
    return &pm_timer;
}

const struct reference *reference_find(const struct acpi *acpi, const struct acpi_fixed *fixed)
{
    const struct reference *found = hpet_open(acpi);

    if (found == nullptr) found = pm_timer_open(fixed);
    return found != nullptr ? found : pit_open();
}
