// SPDX-License-Identifier: MIT
// The debug console of a PC: where its 16550 is.
#include "kernel/device/x86/console.h"
#include <arch/arch.h>
#include "kernel/device/ns16550.h"
#include "kernel/device/x86/port_io.h"

enum : uint32_t { REGISTER_COUNT = 8 };

static bool find(const struct acpi_console *where, struct ns16550 *place)
{
    static const uint16_t usual[] = {0x3f8, 0x2f8, 0x3e8, 0x2e8};

    if (where != nullptr && where->registers.space == ACPI_MEMORY) {
        place->width = where->registers.access == 3 ? 4 : 1;
        while ((8u << place->shift) < where->registers.bits) place->shift++;
        place->memory = arch_map_device(where->registers.address, REGISTER_COUNT << place->shift,
                                        SPACE_READ | SPACE_WRITE | SPACE_DEVICE);
        return place->memory != nullptr;
    }
    if (where != nullptr && where->registers.space == ACPI_PORT) {
        place->port = (uint16_t)where->registers.address;
        return ns16550_is_there(place);
    }
    for (uint32_t i = 0; i < sizeof usual / sizeof *usual; i++) {
        place->port = usual[i];
        if (ns16550_is_there(place)) return true;
    }
    return false;
}

bool console_open(const struct acpi_console *where)
{
    bool keeps_speed = where != nullptr && where->baud_code == 0;
    bool is_other = where != nullptr && where->type != ACPI_CONSOLE_16550 &&
                    where->type != ACPI_CONSOLE_16450 && where->type != ACPI_CONSOLE_16550_AT;
    struct ns16550 place = {.width = 1};

    port_io_init();
    if (is_other || !find(where, &place)) return false;
    ns16550_open(&place, keeps_speed ? NS16550_AT_ITS_SPEED : NS16550_ANEW);
    return true;
}
