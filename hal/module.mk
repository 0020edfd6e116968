# SPDX-License-Identifier: BSD-2-Clause
#
# The linux bodies of the hal's contracts.

hal-y := \
	hal/linux/clock.c \
	hal/linux/entropy.c \
	hal/linux/file.c
hal-aarch64-y := hal/linux/cpu_aarch64.c
hal-x86_64-y := hal/linux/cpu_x86_64.c
