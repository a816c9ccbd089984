// SPDX-License-Identifier: MIT
// Names of local sockets: whoever makes one posts a connector there, and who may write to it takes
// a copy.
#include "ramfs.h"

#include <abi/errno.h>
#include <ferrite/handle.h>

static int post(struct p9_request *request, struct node *node)
{
    const struct p9_identity *user = request->identity;
    if (user->uid != 0 && user->uid != node->node.uid) return -EPERM;
    return p9_connector_post(request, &node->connector);
}

static int take(struct p9_request *request, const struct node *node)
{
    if (!p9_may(request, &node->node, 2)) return -EACCES;
    return p9_connector_take(request, node->connector);
}

static int control(struct p9_request *request, struct p9_open *open, uint32_t what)
{
    struct node *node = (struct node *)open->node;
    switch (what) {
    case CONTROL_CONNECTOR_POST: return post(request, node);
    case CONTROL_CONNECTOR_TAKE: return take(request, node);
    default: return -ENOTTY;
    }
}

const struct p9_operations socket_operations = {
    .link = folder_link, .control = control, .release = node_release};
