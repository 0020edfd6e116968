# SPDX-License-Identifier: BSD-2-Clause
#
# One file a device. Only boards that have the device link it.

drivers-y := \
	drivers/entropy/virtio_rng.c \
	drivers/flash/cfi.c \
	drivers/net/virtio_net.c \
	drivers/serial/pl011.c \
	drivers/virtio/virtio.c \
	drivers/watchdog/i6300esb.c

# Interfaces of the operating system that the program runs on.
interface-drivers-y := \
	drivers/net/af_packet.c \
	drivers/net/af_xdp.c \
	drivers/net/af_xdp_open.c \
	drivers/net/af_xdp_program.c \
	drivers/net/handover_program.c \
	drivers/net/kernel_bridge.c \
	drivers/net/kernel_bridge_program.c \
	drivers/net/packet_ring.c \
	drivers/net/placement_program.c
