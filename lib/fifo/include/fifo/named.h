// SPDX-License-Identifier: MIT
// Operations of the fifos among a server's files, for its tables of operations: what is in a fifo
// is there while somebody has it open, and nothing of it in the server's own files.
#pragma once

#include <fifo/fifo.h>

int fifo_named_open(struct p9_request *request, struct p9_open *open);
void fifo_named_close(struct p9_open *open);
int64_t fifo_named_read(struct p9_request *request, struct p9_open *open, uint64_t offset, void *to,
                        size_t count);
int64_t fifo_named_write(struct p9_request *request, struct p9_open *open, uint64_t offset,
                         const void *from, size_t count);
uint32_t fifo_named_ready(struct p9_open *open);
int fifo_named_control(struct p9_request *request, struct p9_open *open, uint32_t what);
