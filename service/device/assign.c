// SPDX-License-Identifier: MIT
// Which driver a device gets, and by what name. A device that is plugged where one of the same
// driver was has that one's name: /dev/ether0 is the card in that slot. So that nobody takes it for
// the other, it has a number of its own, `instance`, that its driver is told (9p/server.h).
#include "driver.h"

#include <ferrite/clock.h>
#include <ferrite/log.h>
#include <stdlib.h>
#include <string.h>

struct place {
    struct place *next;
    const struct driver *driver;
    char location[sizeof(((struct device *)nullptr)->location)];
    uint32_t index;
};

static struct place *places; // as many as there are slots, and drivers of what was in them

static const struct place *find(const struct device *device)
{
    const struct place *place = places;
    while (place != nullptr &&
           (place->driver != device->driver || strcmp(place->location, device->location) != 0))
        place = place->next;
    return place;
}

static enum status name_again(struct device *device, const struct place *place)
{
    uint32_t instance =
        (uint32_t)(fe_clock_monotonic() / 1'000'000); // none comes so soon after one
    device->index = place->index;
    return device_add_resource(device, "instance", FE_NO_HANDLE, instance | 1);
}

static enum status name_new(struct device *device)
{
    struct place *place = malloc(sizeof(*place));
    if (place == nullptr) return ERR_NO_MEMORY;
    *place = (struct place){
        .next = places, .driver = device->driver, .index = device->driver->device_count++};
    strcpy(place->location, device->location);
    device->index = place->index;
    places = place;
    return OK;
}

void driver_assign(struct device *device)
{
    (void)virtio_reset(device); // one that another manager left running
    device->driver = driver_find(device);
    if (device->driver == nullptr) return;
    const struct place *place = device->slot == nullptr ? nullptr : find(device);
    enum status status = place != nullptr ? name_again(device, place) : name_new(device);
    if (status == OK) return;
    fe_log("%s: status %d, not driven", device->location, status);
    device->driver = nullptr;
}
