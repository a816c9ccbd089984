// SPDX-License-Identifier: MIT
// A plugin of the emulator: how long the kernel is closed to interrupts, in instructions. The
// kernel's rule is simple: it is closed from when it is entered until it leaves for user mode or
// waits, and in between looks for interrupts at its preemption points (arch_interrupt_pending). So
// a piece begins at an entry or a look, and ends at the next look, wait or exit. Pieces of the same
// way in, beginning and end are counted together, and the blocks that the longest of them ran are
// kept, for tool/plugin/sections.py to tell functions from. What came before user mode's first
// instruction is the boot, and does not count.
//
// Arguments: marks=FILE, lines `address rank` of functions that say what a way into the kernel is
// about, the higher rank before the earlier; report=FILE; first=, last=ADDRESS: the kernel's code;
// number=REGISTER: which system call an entry is for.
#include "emulator.h"
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum : size_t { KINDS = 1u << 16, LENGTHS = 1u << 16, SHIFT = 3 };
enum : uint32_t { RANK_CALL = 3 }; // any system call, by its number

struct mark {
    uint64_t address;
    uint32_t rank;
};

struct block { // translated once, for ever
    uint64_t address;
    uint32_t count;
    const struct mark *mark; // nullptr: none
    bool is_kernel;
};

struct look {
    const struct block *block;
    uint32_t before; // instructions of the block
    uint64_t address;
    bool is_wait;
};

struct step {
    uint64_t address;
    uint32_t count;
};

struct path {
    struct step *step;
    size_t count, room;
};

struct kind { // of pieces; `to` is 0 where user mode begins
    uint64_t from, to, count, longest;
    uint64_t number; // a system call's, where the mark has rank RANK_CALL
    const struct mark *mark;
    struct path path;
};

struct state { // of a CPU
    bool is_closed, was_user;
    uint64_t from, length, number;
    struct qemu_plugin_register *number_register;
    const struct mark *mark;
    struct path path;
};

// An instruction that looks for interrupts or waits for one: (word & mask) == value, at its
// beginning.
static const struct opening {
    const char *target;
    uint32_t mask, value;
    bool is_wait;
} openings[] = {
    {"aarch64", 0xffff'ffe0, 0xd538'c100, false}, // mrs xN, isr_el1
    {"aarch64", 0xffff'ffff, 0xd503'207f, true},  // wfi
    {"riscv64", 0xffff'f07f, 0x1440'2073, false}, // csrr xN, sip
    {"riscv64", 0xffff'ffff, 0x1050'0073, true},  // wfi
    {"i386", 0xff, 0xfb, false},                  // sti
    {"i386", 0xff, 0xf4, true},                   // hlt
    {"x86_64", 0xff, 0xfb, false},                // the same
    {"x86_64", 0xff, 0xf4, true},
};

int qemu_plugin_version = 2;

static const char *target, *report, *number_name;
static struct emulator_array *bytes;
static uint64_t first, last;
static struct mark *marks;
static size_t mark_count;
static struct state *states;
static struct kind kinds[KINDS];
static uint64_t lengths[LENGTHS]; // of 2^SHIFT instructions

static void *need(void *memory)
{
    if (memory == nullptr) {
        perror("closed");
        exit(1);
    }
    return memory;
}

static void path_add(struct path *path, struct step step)
{
    if (path->count == path->room) {
        path->room = path->room ? 2 * path->room : 256;
        path->step = need(realloc(path->step, path->room * sizeof *path->step));
    }
    path->step[path->count++] = step;
}

static struct kind *kind_find(const struct state *state, uint64_t to)
{
    uint64_t number = state->mark->rank == RANK_CALL ? state->number : 0;
    uint64_t hash = (state->from * 31 + to * 17 + (uintptr_t)state->mark + number * 0x1'0001) *
                    0x9e37'79b9'7f4a'7c15;
    for (size_t tries = 0, at = hash >> 48; tries < KINDS; tries++, at = (at + 1) % KINDS) {
        struct kind *kind = &kinds[at];
        if (kind->count == 0) {
            *kind =
                (struct kind){.from = state->from, .to = to, .number = number, .mark = state->mark};
            return kind;
        }
        if (kind->from == state->from && kind->to == to && kind->number == number &&
            kind->mark == state->mark) {
            return kind;
        }
    }
    fprintf(stderr, "closed: too many kinds of pieces\n");
    exit(1);
}

static void piece_end(struct state *state, uint64_t to)
{
    if (!state->was_user || state->mark == nullptr) return;
    struct kind *kind = kind_find(state, to);
    kind->count++;
    lengths[state->length >> SHIFT < LENGTHS ? state->length >> SHIFT : LENGTHS - 1]++;
    if (state->length <= kind->longest) return;
    kind->longest = state->length;
    kind->path.count = 0;
    for (size_t i = 0; i < state->path.count; i++) path_add(&kind->path, state->path.step[i]);
}

static void piece_begin(struct state *state, uint64_t from, struct step step)
{
    state->from = from;
    state->length = step.count;
    state->path.count = 0;
    path_add(&state->path, step);
}

// Most entries are no calls, and then it is of no use.
static uint64_t number_read(const struct state *state)
{
    uint64_t number = 0;
    g_byte_array_set_size(bytes, 0);
    int size = qemu_plugin_read_register(state->number_register, bytes);
    if (size > 0) memcpy(&number, bytes->data, (size_t)size < sizeof number ? (size_t)size : 8);
    return number;
}

static void run_block(unsigned int cpu, void *context)
{
    const struct block *block = context;
    struct state *state = &states[cpu];
    struct step step = {block->address, block->count};
    if (!block->is_kernel) {
        if (state->is_closed) {
            piece_end(state, 0);
            // Without a mark it was the kernel's start, which may have called firmware.
            if (state->mark != nullptr) state->was_user = true;
        }
        state->is_closed = false;
        return;
    }
    if (!state->is_closed) {
        piece_begin(state, block->address, step);
        state->mark = nullptr;
        state->number = number_read(state);
    } else {
        state->length += block->count;
        path_add(&state->path, step);
    }
    state->is_closed = true;
    if (block->mark && (state->mark == nullptr || block->mark->rank > state->mark->rank))
        state->mark = block->mark;
}

// The block was counted as a whole when it began.
static void run_look(unsigned int cpu, void *context)
{
    const struct look *look = context;
    struct state *state = &states[cpu];
    uint32_t after = look->block->count - look->before;
    if (!state->is_closed) return;
    state->length -= after;
    state->path.step[state->path.count - 1].count -= after;
    piece_end(state, look->address);
    piece_begin(state, look->address, (struct step){look->address, after});
    if (look->is_wait) state->mark = nullptr;
}

static int compare(const void *one, const void *other)
{
    uint64_t a = *(const uint64_t *)one, b = ((const struct mark *)other)->address;
    return a < b ? -1 : a > b;
}

static const struct opening *opening_of(const struct qemu_plugin_insn *instruction)
{
    uint32_t word = 0;
    qemu_plugin_insn_data(instruction, &word, sizeof word);
    for (size_t i = 0; i < sizeof openings / sizeof *openings; i++) {
        const struct opening *opening = &openings[i];
        if (strcmp(opening->target, target) == 0 && (word & opening->mask) == opening->value)
            return opening;
    }
    return nullptr;
}

static void translate(uint64_t, struct qemu_plugin_tb *translated)
{
    struct block *block = need(malloc(sizeof *block));
    uint64_t address = qemu_plugin_tb_vaddr(translated);
    *block = (struct block){
        .address = address,
        .count = (uint32_t)qemu_plugin_tb_n_insns(translated),
        .mark = bsearch(&address, marks, mark_count, sizeof *marks, compare),
        .is_kernel = address >= first && address < last,
    };
    qemu_plugin_register_vcpu_tb_exec_cb(translated, run_block, CALLBACK_READS_REGISTERS, block);
    for (uint32_t i = 0; block->is_kernel && i < block->count; i++) {
        struct qemu_plugin_insn *instruction = qemu_plugin_tb_get_insn(translated, i);
        const struct opening *opening = opening_of(instruction);
        if (opening == nullptr) continue;
        struct look *look = need(malloc(sizeof *look));
        *look = (struct look){block, i, qemu_plugin_insn_vaddr(instruction), opening->is_wait};
        qemu_plugin_register_vcpu_insn_exec_cb(instruction, run_look, CALLBACK_NO_REGISTERS, look);
    }
}

static void tell(uint64_t, void *)
{
    FILE *file = need(fopen(report, "w"));
    for (size_t i = 0; i < LENGTHS; i++) {
        if (lengths[i] != 0) fprintf(file, "LENGTH %zu %" PRIu64 "\n", i << SHIFT, lengths[i]);
    }
    for (size_t i = 0; i < KINDS; i++) {
        const struct kind *kind = &kinds[i];
        if (kind->count == 0) continue;
        fprintf(file, "KIND %" PRIx64 " %" PRIu64 " %" PRIx64 " %" PRIx64 " %" PRIu64 " %" PRIu64,
                kind->mark->address, kind->number, kind->from, kind->to, kind->count,
                kind->longest);
        for (size_t j = 0; j < kind->path.count; j++) {
            fprintf(file, " %" PRIx64 ":%" PRIu32, kind->path.step[j].address,
                    kind->path.step[j].count);
        }
        fprintf(file, "\n");
    }
    fprintf(file, "END\n");
    if (fclose(file) != 0) perror(report);
}

static void cpu_begin(uint64_t, unsigned int cpu)
{
    struct emulator_array *array = qemu_plugin_get_registers();
    const struct emulator_register *registers = (const struct emulator_register *)array->data;
    for (unsigned int i = 0; i < array->length; i++) {
        if (strcmp(registers[i].name, number_name) == 0)
            states[cpu].number_register = registers[i].handle;
    }
    if (states[cpu].number_register != nullptr) return;
    fprintf(stderr, "closed: no register is called %s\n", number_name);
    exit(1);
}

static void marks_read(const char *path)
{
    FILE *file = need(fopen(path, "r"));
    struct mark mark;
    while (fscanf(file, "%" SCNx64 " %" SCNu32, &mark.address, &mark.rank) == 2) {
        marks = need(realloc(marks, (mark_count + 1) * sizeof *marks));
        marks[mark_count++] = mark;
    }
    fclose(file);
}

int qemu_plugin_install(uint64_t id, const struct emulator_info *info, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        char *value = strchr(argv[i], '=');
        if (value == nullptr) return 1;
        *value++ = '\0';
        if (strcmp(argv[i], "marks") == 0) marks_read(value);
        if (strcmp(argv[i], "report") == 0) report = need(strdup(value));
        if (strcmp(argv[i], "number") == 0) number_name = need(strdup(value));
        if (strcmp(argv[i], "first") == 0) first = strtoull(value, nullptr, 16);
        if (strcmp(argv[i], "last") == 0) last = strtoull(value, nullptr, 16);
    }
    if (report == nullptr || marks == nullptr || last == 0 || number_name == nullptr) return 1;
    bytes = g_byte_array_new();
    target = need(strdup(info->target_name));
    states = need(calloc((size_t)info->system.max_vcpus, sizeof *states));
    qemu_plugin_register_vcpu_init_cb(id, cpu_begin);
    qemu_plugin_register_vcpu_tb_trans_cb(id, translate);
    qemu_plugin_register_atexit_cb(id, tell, nullptr);
    return 0;
}
