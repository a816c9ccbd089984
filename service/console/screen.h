// SPDX-License-Identifier: MIT
// Screens that show what goes to the line. They have a thread of their own, so that one whose
// driver is slow, hangs or dies keeps neither the line nor programs waiting: it is shown later, or,
// when it lags by more than SCREEN_KEPT bytes, not at all.
#pragma once

#include <abi/saving.h>

#include <terminal/discipline.h>

enum : uint32_t { SCREEN_KEPT = 16384 / FE_SAVING };

// Starts the thread; each path is opened when it is there. False: no memory, or no thread. Without
// paths nothing is done, here and below.
bool screen_start(char **paths, uint32_t count, const struct window_size *window);

// What has gone to the line.
void screen_put(const uint8_t *bytes, size_t size);

// The terminal has another size.
void screen_resize(const struct window_size *window);
