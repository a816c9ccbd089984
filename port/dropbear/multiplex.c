// SPDX-License-Identifier: MIT
// Channels of all kinds: all as they are, but that each has a window of its own size, and that the
// descriptor of both directions is closed once: a second time it may be another thread's.
#include "includes.h"
#include "channel.h"
#include "circbuffer.h"
#include "dbutil.h"

static void close_once(struct Channel *channel, int descriptor)
{
    m_close(descriptor);
    if (channel->readfd == descriptor) channel->readfd = -1;
    if (channel->writefd == descriptor) channel->writefd = -1;
}

#define m_close(descriptor) close_once(channel, descriptor)
#undef RECV_WINDOWEXTEND
#define RECV_WINDOWEXTEND (channel->writebuf->size / 3)
#include "common-channel.c"
