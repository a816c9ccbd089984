// SPDX-License-Identifier: MIT
// Threads for servers that give each request or connection one: nobody waits for their end, and
// their stack is small.
#pragma once

// Runs `run` in a thread of its own. False: there is no room for one. Callable from any thread.
[[nodiscard]] bool thread_run(void *(*run)(void *), void *argument);
