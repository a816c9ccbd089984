// SPDX-License-Identifier: MIT
// Local sockets, beside the pipes of the same service.
#pragma once

#include <9p/server.h>

// Serves CONTROL_SOCKET_PAIR.
int socket_make_pair(struct p9_request *request);
