// SPDX-License-Identifier: MIT
// Feeds /proc/<pid>/ctl with any command. An input is whose it is (1 byte: root's, the owner's, a
// stranger's) and the command. A thread is scheduled only as its own command says, all of it or
// nothing; without root's rights no more urgently, and without a budget.
#define _GNU_SOURCE
#include "service/process/schedule.c"

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size);

enum : uint32_t { THREADS = 3, OWNER = 1000, URGENCY = 20 };

static const uint32_t users[] = {0, OWNER, OWNER + 1};
static const struct fe_schedule first = {
    .priority = URGENCY, .period = 7, .relative_deadline = 6, .budget = 0};
static struct fe_schedule schedules[THREADS];
static uint32_t user, scheduled, open_threads;

static void must(bool condition)
{
    if (!condition) abort();
}

// The kernel: threads of numbers from 1 on, whose handles are these.

enum status fe_process_thread(fe_handle process, uint64_t after, fe_handle *thread, uint64_t *id)
{
    if (after >= THREADS) return ERR_NOT_FOUND;
    *id = after + 1;
    *thread = after + 1;
    open_threads++;
    return OK;
}

enum status fe_thread_inspect(fe_handle thread, struct fe_thread_info *info)
{
    *info = (struct fe_thread_info){.schedule = schedules[thread - 1]};
    return OK;
}

enum status fe_thread_schedule(fe_handle thread, const struct fe_schedule *schedule)
{
    must(schedule->priority < PRIORITY_COUNT);
    must(user == 0 || (schedule->priority <= URGENCY && schedule->budget == 0));
    must((schedule->time != FE_NO_HANDLE) == (schedule->budget != 0));
    schedules[thread - 1] = *schedule;
    scheduled++;
    return OK;
}

fe_handle fe_start_handle(const char *name)
{
    must(strcmp(name, "resource/time") == 0);
    return 9;
}

void fe_handle_drop(fe_handle *handle)
{
    must(open_threads-- == 1 && *handle != FE_NO_HANDLE);
    *handle = FE_NO_HANDLE;
}

int fe_status_errno(enum status status)
{
    return status == OK ? 0 : EIO;
}

void p9_print(struct p9_text *text, const char *format, ...) {}

static bool says(const char *text, size_t size, const char *word)
{
    return memmem(text, size, word, strlen(word)) != nullptr;
}

// What no word of the command names is as before.
static void changes_check(const struct fe_schedule *now, const char *text, size_t size)
{
    must(now->priority == first.priority || says(text, size, "priority"));
    must(now->period == first.period || says(text, size, "period"));
    must(now->relative_deadline == first.relative_deadline || says(text, size, "deadline"));
    must(now->budget == first.budget || says(text, size, "budget"));
}

static void command(const char *text, size_t size)
{
    const struct p9_identity identity = {.uid = user};
    struct p9_request request = {.identity = &identity};
    struct process process = {.process = 1, .uid = OWNER};
    int result = schedule_command(&request, &process, text, size);
    must(result == 0 || result == -EINVAL || result == -EPERM || result == -ESRCH);
    must(user <= OWNER || result == -EPERM);
    must(result == 0 ? scheduled > 0 : scheduled == 0);
    if (scheduled > 0) must(says(text, size, "thread"));
    must(scheduled <= 1 || (scheduled == THREADS && says(text, size, "all")));
    for (size_t i = 0; i < THREADS; i++) changes_check(&schedules[i], text, size);
}

int LLVMFuzzerTestOneInput(const uint8_t *input, size_t size)
{
    if (size == 0) return 0;
    user = users[input[0] % 3];
    scheduled = 0;
    for (size_t i = 0; i < THREADS; i++) schedules[i] = first;
    char *text = malloc(size - 1); // of its own size, so that reading past the end is seen
    memcpy(text, input + 1, size - 1);
    command(text, size - 1);
    free(text);
    return 0;
}
