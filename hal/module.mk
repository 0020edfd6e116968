# SPDX-License-Identifier: BSD-2-Clause
#
# The bodies of the hal's contracts: on Linux, and on bare metal. The board chooses.

hal-linux-y := \
	hal/linux/bpf.c \
	hal/linux/bpf_code.c \
	hal/linux/clock.c \
	hal/linux/cores.c \
	hal/linux/entropy.c \
	hal/linux/file.c \
	hal/linux/interface.c \
	hal/linux/links.c \
	hal/linux/memory.c \
	hal/linux/netlink.c \
	hal/linux/reload.c \
	hal/linux/reset.c \
	hal/linux/serial.c \
	hal/linux/state.c \
	hal/linux/stop.c \
	hal/linux/xdp.c
hal-linux-aarch64-y := hal/linux/cpu_aarch64.c
hal-linux-x86_64-y := hal/linux/cpu_x86_64.c

# Of bare metal, what reaches no register but through hal/aarch64/sysreg.h: unit tests compile it for the host, too.
bare-y := \
	hal/aarch64/memory.c \
	hal/aarch64/mmu.c \
	hal/aarch64/pages.c \
	hal/aarch64/report.c \
	hal/aarch64/syscalls.c

hal-bare-y := \
	hal/aarch64/boot.c \
	hal/aarch64/clock.c \
	hal/aarch64/cores.c \
	hal/aarch64/cpu.c \
	hal/aarch64/entropy.c \
	hal/aarch64/exception.c \
	hal/aarch64/interrupts.c \
	hal/aarch64/mmu_enable.c \
	hal/aarch64/psci.c \
	hal/aarch64/return_key.c \
	hal/aarch64/start.S \
	hal/aarch64/vectors.S
