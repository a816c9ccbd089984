// SPDX-License-Identifier: MIT
// What a plugin of the emulator calls and is called by: as much of QEMU's interface for plugins,
// version 2, which QEMU 9 brought, as is used here. See docs/devel/tcg-plugins of QEMU.
#pragma once

#include <stddef.h>
#include <stdint.h>

struct qemu_plugin_tb; // a block of instructions that are translated together
struct qemu_plugin_insn;

struct emulator_info {
    const char *target_name; // its instruction set
    struct {
        int min, cur;
    } version;
    bool system_emulation;
    struct {
        int smp_vcpus, max_vcpus;
    } system;
};

enum : int { CALLBACK_NO_REGISTERS = 0, CALLBACK_READS_REGISTERS = 1 };

struct qemu_plugin_register;

struct emulator_register {
    struct qemu_plugin_register *handle;
    const char *name, *feature;
};

// GLib's, of which the emulator is made: an array of the above, one of bytes.
struct emulator_array {
    char *data;
    unsigned int length;
};
struct emulator_array *g_byte_array_new(void);
struct emulator_array *g_byte_array_set_size(struct emulator_array *array, unsigned int length);

// What it looks for in a plugin.
[[gnu::visibility("default")]] extern int qemu_plugin_version;
[[gnu::visibility("default")]] int
qemu_plugin_install(uint64_t id, const struct emulator_info *info, int argc, char **argv);

typedef void (*emulator_callback)(unsigned int cpu, void *context);

void qemu_plugin_register_vcpu_tb_trans_cb(uint64_t id,
                                           void (*callback)(uint64_t id, struct qemu_plugin_tb *));
void qemu_plugin_register_vcpu_tb_exec_cb(struct qemu_plugin_tb *block, emulator_callback callback,
                                          int flags, void *context);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *instruction,
                                            emulator_callback callback, int flags, void *context);
void qemu_plugin_register_vcpu_init_cb(uint64_t id,
                                       void (*callback)(uint64_t id, unsigned int cpu));
void qemu_plugin_register_atexit_cb(uint64_t id, void (*callback)(uint64_t id, void *context),
                                    void *context);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *block);
uint64_t qemu_plugin_tb_vaddr(const struct qemu_plugin_tb *block);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *block, size_t index);
size_t qemu_plugin_insn_data(const struct qemu_plugin_insn *instruction, void *to, size_t size);
struct emulator_array *qemu_plugin_get_registers(void); // in the callback of a CPU's beginning
int qemu_plugin_read_register(struct qemu_plugin_register *handle, struct emulator_array *bytes);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *instruction);
