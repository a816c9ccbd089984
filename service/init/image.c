// SPDX-License-Identifier: MIT
// The images of units: opened once, by the second thread, since the file system that has them may
// have to be started by the first one; then kept, because they may lie on what has died.
#include "init.h"

#include <9p/client.h>
#include <abi/errno.h>
#include <abi/syscalls.h>
#include <cpio/cpio.h>
#include <ferrite/handle.h>
#include <ferrite/libc.h>
#include <ferrite/memory.h>
#include <ferrite/start.h>

struct image_job {
    struct job job; // first
    struct unit *unit;
    const char *path; // of the unit's
    fe_handle image;
    int result;
    bool is_asker;
};

bool unit_is_asking(const struct unit *unit)
{
    return unit->condition.count != 0 && !unit->is_due;
}

const struct words *unit_program(const struct unit *unit)
{
    return unit_is_asking(unit) ? &unit->condition : &unit->program;
}

fe_handle image_of(const struct unit *unit)
{
    return unit_is_asking(unit) ? unit->asker : unit->image;
}

// The file system's own server comes out of the archive itself.
static int initrd_image(fe_handle *image)
{
    const struct fe_start_handle *start = fe_start_find("initrd");
    struct cpio_entry entry;
    const void *bytes;
    if (start == nullptr) return -1;
    size_t size = (size_t)start->value;
    if (fe_archive_map(start->handle, size, &bytes) != OK) return -2;
    enum status status = cpio_find(bytes, size, "service/initrd", &entry);
    FE_HANDLE memory = FE_NO_HANDLE;
    if (status == OK) {
        status = fe_memory_clone(start->handle, entry.offset, fe_page_round(entry.size), &memory);
    }
    if (status == OK) status = fe_image_create(memory, entry.size, image);
    if (fe_archive_unmap(bytes, size) != OK) say("initrd: cannot unmap");
    return status;
}

static void run(struct job *base)
{
    struct image_job *job = (struct image_job *)base;
    job->result = p9_image(job->path, &job->image);
}

static void finish(struct job *base)
{
    struct image_job *job = (struct image_job *)base;
    struct unit *unit = job->unit;
    unit->is_opening = false;
    unit->image_error = job->result;
    if (job->result == 0) *(job->is_asker ? &unit->asker : &unit->image) = job->image;
    free(job);
}

static int open_soon(struct unit *unit)
{
    struct image_job *job = calloc(1, sizeof *job);
    if (job == nullptr) return -ENOMEM;
    *job = (struct image_job){.job = {.run = run, .finish = finish},
                              .unit = unit,
                              .path = unit_program(unit)->word[0],
                              .is_asker = unit_is_asking(unit)};
    unit->is_opening = true;
    job_submit(&job->job);
    return 0;
}

bool image_is_ready(struct unit *unit, int *result)
{
    *result = 0;
    if (image_of(unit) != FE_NO_HANDLE) return true;
    if (unit->is_opening) return false;
    *result = unit->image_error;
    unit->image_error = 0;
    if (*result != 0) return false;
    *result = unit->is_initrd ? initrd_image(&unit->image) : open_soon(unit);
    return *result == 0 && unit->is_initrd;
}
