/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Virtio network device (Virtio 1.2 chapter 5.1) as a port: two split queues with event
 * indices, one buffer a descriptor, no offload whatever, so that frames are what they
 * are on the wire. The device's 12-byte header lies in the headroom before the frame.
 *
 * What the device returns is checked against what it holds (enum port_fault); it can
 * lose frames, not make the driver reach beyond a buffer or lend one twice.
 */
#ifndef DRIVERS_NET_VIRTIO_NET_H
#define DRIVERS_NET_VIRTIO_NET_H

#include "drivers/virtio/virtio.h"
#include "hal/port.h"

struct virtio_net {
	struct port port; /* first: the data plane knows only this */
	struct virtio_queue receive;
	struct virtio_queue transmit;
	uintptr_t slot;
	bool has_status; /* the device tells its link's state */
	bool is_reset; /* out of order, and it has let go of all buffers */
};

/* Starts the device in `slot`. `shared`: two, zeroed, in the data core's memory. 0; −ENODEV: not a
 * modern network device; −EIO: it refused what is needed, or its queues hold less than a burst. */
int virtio_net_init(struct virtio_net *net, uintptr_t slot, const char *name,
		    struct virtio_shared shared[static 2]);

#endif
