/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * drivers/net/virtio_net.h on a device that does and says what the input says: frames,
 * used entries and indices, feature refusals, other queue sizes, resets that do not
 * come. Whatever it is, no buffer is lost or handed out twice, every frame lies within
 * its buffer, and once the device is in order again, so is the port.
 */
#include <stdint.h>
#include <stdlib.h>

#include "tests/drivers/net/net_bench.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct net_bench bench;
static const uint8_t *input, *input_end;

static uint32_t take(unsigned bytes)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < bytes && input < input_end; i++) {
		value = value << 8 | *input++;
	}
	return value;
}

static struct port *port(void)
{
	return &bench.net.port;
}

static void receive(void)
{
	struct port_frame frames[PORT_BURST_MAX];
	unsigned count = port()->ops->receive(port(), frames, 1 + take(1) % PORT_BURST_MAX);

	for (unsigned i = 0; i < count; i++) {
		if (frames[i].length < PORT_FRAME_MIN || frames[i].length > PORT_FRAME_MAX) {
			registers_wrong("a frame of such a length", frames[i].length);
		}
		bench_give_back(&bench, frames[i].data);
	}
}

static void transmit(unsigned count)
{
	for (unsigned i = 0; i < count && bench.free_count != 0; i++) {
		struct port_frame frame = { bench.free[bench.free_count - 1],
					    PORT_FRAME_MIN + take(1) };

		bench.free_count -= port()->ops->transmit(port(), &frame, 1);
	}
}

static void reclaim(void)
{
	uint8_t *buffers[PORT_BURST_MAX];
	unsigned count = port()->ops->reclaim(port(), buffers, PORT_BURST_MAX);

	for (unsigned i = 0; i < count; i++) {
		bench_give_back(&bench, buffers[i]);
	}
}

static bool is_running(void)
{
	return bench.model.queue[BENCH_TRANSMIT].ready != 0;
}

/* The device takes some buffers and returns them, the last ones first if it likes. */
static void work(unsigned queue)
{
	struct model_virtio_buffer lent[8];
	unsigned count = 0, wanted = 1 + take(1) % 8;
	bool turned = take(1) % 2 != 0;

	while (count < wanted && model_virtio_take(&bench.model, queue, &lent[count])) {
		if (lent[count].writable) {
			memset(lent[count].data, (int)count, BENCH_HEADER + PORT_FRAME_MIN);
			lent[count].data[lent[count].length - 1] = (uint8_t)count;
		}
		count++;
	}
	for (unsigned i = 0; i < count; i++) {
		uint32_t id = lent[turned ? count - 1 - i : i].id;

		model_virtio_return(&bench.model, queue, id, take(2));
	}
}

static void lie(void)
{
	unsigned queue = take(1) % 2;

	if (is_running()) {
		for (unsigned count = take(1) % 4; count > 0; count--) {
			model_virtio_lie(&bench.model, queue, take(1) << (take(1) % 32), take(4));
		}
	}
}

static void show(void)
{
	unsigned queue = take(1) % 2;
	uint16_t step = (uint16_t)(take(1) - 64);

	if (is_running()) {
		uint16_t index = bench.model.queue[queue].used;

		model_virtio_show(&bench.model, queue,
				  (uint16_t)(take(1) % 2 != 0 ? take(2) : index + step));
	}
}

static void change(void)
{
	uint32_t what = take(1);

	bench.model.refuses = (what & 1) != 0;
	bench.model.status |= (what & 2) != 0 ? MODEL_VIRTIO_NEEDS_RESET : 0;
	bench.model.size_max[0] = (what & 4) != 0 ? take(2) : VIRTIO_QUEUE_MAX;
	bench.model.size_max[1] = (what & 8) != 0 ? take(2) : VIRTIO_QUEUE_MAX;
	if ((what & 16) != 0) {
		bench.model.keeps_status = true;
	} else {
		model_virtio_let_go(&bench.model);
	}
}

static void step(void)
{
	switch (take(1) % 10) {
	case 0:
		bench_lend(&bench, take(1));
		break;
	case 1:
		receive();
		break;
	case 2:
		transmit(take(1) % 64);
		break;
	case 3:
		reclaim();
		break;
	case 4:
		port()->ops->arm(port());
		port()->ops->disarm(port());
		break;
	case 5:
		work(BENCH_RECEIVE);
		break;
	case 6:
		work(BENCH_TRANSMIT);
		break;
	case 7:
		lie();
		break;
	case 8:
		show();
		break;
	default:
		change();
	}
	if (!bench_is_whole(&bench)) {
		registers_wrong("a buffer is lost", bench.free_count);
	}
}

/* The device comes to its senses: it is reset, and a frame goes each way. */
static void recover(void)
{
	bench.model.refuses = false;
	bench.model.size_max[0] = bench.net.receive.size;
	bench.model.size_max[1] = bench.net.transmit.size;
	bench.model.status |= MODEL_VIRTIO_NEEDS_RESET;
	model_virtio_let_go(&bench.model);
	for (unsigned i = 0; i < 20; i++) {
		reclaim();
		port()->ops->arm(port());
		port()->ops->disarm(port());
	}
	if (!port()->ops->link_up(port())) {
		registers_wrong("it does not start anew", bench.model.status);
	}
	bench_lend(&bench, 1);
	transmit(1);
	input = input_end;
	work(BENCH_RECEIVE);
	work(BENCH_TRANSMIT);
	reclaim();
	if (virtio_held(&bench.net.transmit) != 0) {
		registers_wrong("it does not send", virtio_held(&bench.net.transmit));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	input = data;
	input_end = data + size;
	bench_open(&bench);
	bench.model.size_max[0] = 32u << take(1) % 4;
	bench.model.size_max[1] = 32u << take(1) % 4;
	if (virtio_net_init(&bench.net, BENCH_SLOT, "inside", bench.shared) != 0) {
		abort();
	}
	bench_lend(&bench, VIRTIO_QUEUE_MAX);
	while (input < input_end) {
		step();
	}
	recover();
	return 0;
}
