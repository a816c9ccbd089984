// SPDX-License-Identifier: MIT
// Files at which somebody posts a connector, of which others take copies.
#include "server_internal.h"

int p9_connector_post(struct p9_request *request, fe_handle *place)
{
    FE_HANDLE connector = p9_take_handle(request, 0);
    constexpr uint32_t rights = RIGHT_DUPLICATE | RIGHT_TRANSFER;
    struct fe_handle_info info;
    bool is_good = connector != FE_NO_HANDLE && fe_handle_inspect(connector, &info) == OK &&
                   info.type == OBJECT_SESSION && (info.rights & rights) == rights;
    if (!is_good) return -EINVAL;
    fe_handle_drop(place);
    *place = fe_handle_take(&connector);
    return 0;
}

int p9_connector_take(struct p9_request *request, fe_handle connector)
{
    fe_handle copy;
    if (connector == FE_NO_HANDLE) return -ENXIO;
    if (fe_handle_copy(connector, &copy) != OK) return -ENOMEM;
    return p9_answer_handle(request, copy);
}

int p9_socket_control(struct p9_request *request, struct p9_node *node, uint32_t control,
                      fe_handle *place)
{
    const struct p9_identity *user = request->identity;
    switch (control) {
    case CONTROL_CONNECTOR_POST:
        if (user->uid != 0 && user->uid != node->uid) return -EPERM;
        return p9_connector_post(request, place);
    case CONTROL_CONNECTOR_TAKE:
        return p9_may(request, node, 2) ? p9_connector_take(request, *place) : -EACCES;
    default: return -ENOTTY;
    }
}
