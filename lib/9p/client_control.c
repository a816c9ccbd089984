// SPDX-License-Identifier: MIT
// Control requests: handles that go along, and what is done when the server ends meanwhile.
#include "client_internal.h"

static void request_init(struct call *call, const struct p9_file *file,
                         const struct p9_control *control)
{
    call_init(call, P9_CONTROL, file->fid);
    call->message.word[1] = control->request;
    call_send(call, control->data, control->size);
    call_receive(call, control->reply, control->reply_capacity);
    call->transfer.receive_handle_capacity = (uint8_t)control->receive_most;
}

// Handles that were to be sent are gone in any case: those that the kernel did not take are closed.
static int handles_set(struct call *call, const struct p9_control *control)
{
    struct fe_transfer *transfer = &call->transfer;
    for (size_t i = 0; i < control->send_count; i++) transfer->send_handle[i] = control->send[i];
    transfer->send_handle_count = (uint8_t)control->send_count;
    for (size_t i = 0; i < control->lend_count; i++) {
        const struct p9_loan *loan = &control->lend[i];
        fe_handle *copy = &transfer->send_handle[transfer->send_handle_count];
        if (fe_handle_duplicate(loan->handle, loan->rights, copy) != OK) return -ENOMEM;
        transfer->send_handle_count++;
    }
    return 0;
}

// Of a call that failed: the kernel has taken all of them, or none.
static void handles_drop(struct call *call)
{
    for (uint32_t i = 0; i < call->transfer.send_handle_count; i++)
        fe_handle_drop(&call->transfer.send_handle[i]);
}

static bool is_of_process(uint32_t request)
{
    return request >= CONTROL_PROCESS_REGISTER && request <= CONTROL_PROCESS_TERMINAL_HANG_UP;
}

static int run_once(struct p9_file *file, const struct p9_control *control, struct call *call)
{
    int result = handles_set(call, control);
    if (is_of_process(control->request)) // where it was dead it may live again
        __atomic_store_n(&file->session->is_dead, false, __ATOMIC_RELAXED);
    if (result == 0) {
        result = control->deadline == 0 ? call_run(file->session, call)
                                        : call_run_until(file->session, call, control->deadline);
    }
    if (result != 0) handles_drop(call);
    return result;
}

// The session lives on while the service is started again: what is asked meanwhile waits, and what
// the dead one had received is asked once more, and says so. Where nothing is kept of the service
// all tries fail at once.
static int run_kept(struct p9_file *file, const struct p9_control *control, struct call *call)
{
    struct deaths deaths = {};
    for (;;) {
        request_init(call, file, control);
        call->message.word[2] = deaths.last == 0 ? 0 : CONTROL_REPEATED;
        bool waits = call_waits(call);
        int result = run_once(file, control, call);
        if (!is_gone(result)) return result;
        if (!deaths_are_few(&deaths, result, waits) || deaths.count > DEATHS_MAX) return result;
    }
}

int p9_control(struct p9_file *file, struct p9_control *control)
{
    struct call call;
    int result;
    bool is_plain = control->send_count == 0 && control->deadline == 0;
    request_init(&call, file, control);
    if (control->request == CONTROL_TRANSFER_WRITE) file->is_written = true;
    if (is_plain && is_of_process(control->request)) {
        result = run_kept(file, control, &call);
    } else if (is_plain && control->lend_count == 0 && (file->qid_kind & QID_DIRECTORY) == 0) {
        result = file_run(file, &call);
    } else { // handles are gone, fids are the session's: not repeated
        result = run_once(file, control, &call);
    }
    control->value = call.message.word[0];
    control->reply_size = call.transfer.received_size;
    control->received_count = result == 0 ? call.transfer.received_handle_count : 0;
    for (size_t i = 0; i < control->received_count; i++) {
        control->received[i] = call.transfer.received_handle[i];
    }
    return is_gone(result) ? -EIO : result;
}
