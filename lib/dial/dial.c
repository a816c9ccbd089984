// SPDX-License-Identifier: MIT
// Conversations by the files of net(4).
#include <dial/dial.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

// The control file's own number tells where its other files are.
int dial_folder(struct p9_file *control, const char *protocol, char folder[DIAL_FOLDER_SIZE])
{
    char number[16];
    int64_t size = p9_read(control, 0, number, sizeof number - 1);
    if (size <= 0) return size < 0 ? (int)size : -EIO;
    number[size] = '\0';
    snprintf(folder, DIAL_FOLDER_SIZE, "/net/%s/%lu", protocol, strtoul(number, nullptr, 10));
    return 0;
}

static int connect_to(struct p9_file *control, const char *address)
{
    char command[160];
    int size = snprintf(command, sizeof command, "connect %s", address);
    if (size >= (int)sizeof command) return -EINVAL;
    int64_t written = p9_write(control, 0, command, (size_t)size);
    return written >= 0 || written == -EINPROGRESS ? 0 : (int)written;
}

int dial(const char *protocol, const char *address, struct p9_file **control, struct p9_file **data)
{
    char folder[DIAL_FOLDER_SIZE], path[DIAL_FOLDER_SIZE + 8];
    *control = *data = nullptr;
    snprintf(path, sizeof path, "/net/%s/clone", protocol);
    int result = p9_open(path, OPEN_READ_WRITE | OPEN_NONBLOCK, 0, control);
    if (result == 0) result = connect_to(*control, address);
    if (result == 0) result = dial_folder(*control, protocol, folder);
    if (result != 0) return result;
    snprintf(path, sizeof path, "%s/data", folder);
    return p9_open(path, OPEN_READ_WRITE | OPEN_NONBLOCK, 0, data);
}
