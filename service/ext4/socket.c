// SPDX-License-Identifier: MIT
// Names of local sockets: the disk has the name and its permissions, this service the connector
// that was posted there. As long as there is one the node stays in use; the last name takes it
// away.
#include "ext4.h"

#include <ferrite/handle.h>

static int control(struct p9_request *request, struct p9_open *open, uint32_t what)
{
    struct file *file = file_of(open->node);
    bool had_one = file->connector != FE_NO_HANDLE;
    if (what == CONTROL_CONNECTOR_POST && file->node.links == 0) return -ENOENT;
    int result = p9_socket_control(request, &file->node, what, &file->connector);
    if (!had_one && file->connector != FE_NO_HANDLE) p9_node_get(&file->node);
    return result;
}

void socket_forget(struct file *file)
{
    if (file->connector == FE_NO_HANDLE) return;
    fe_handle_drop(&file->connector);
    p9_node_put(&file->node);
}

const struct p9_operations socket_operations = {
    .link = name_link,
    .control = control,
    .getattr = file_getattr,
    .setattr = file_setattr,
    .release = file_release,
};
