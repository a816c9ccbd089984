// SPDX-License-Identifier: MIT
// Names of local sockets: whoever makes one posts a connector there, and who may write to it takes
// a copy.
#include "ramfs.h"

static int control(struct p9_request *request, struct p9_open *open, uint32_t what)
{
    struct node *node = (struct node *)open->node;
    return p9_socket_control(request, &node->node, what, &node->connector);
}

const struct p9_operations socket_operations = {
    .link = folder_link, .control = control, .release = node_release};
