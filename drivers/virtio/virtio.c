/* SPDX-License-Identifier: BSD-2-Clause */
/* The registers behind virtio.h (chapter 4.2.2) and the order of start-up (3.1.1). */
#include "drivers/virtio/virtio.h"

#include "hal/register.h"

#define REGISTER_MAGIC 0x000u
#define REGISTER_VERSION 0x004u
#define REGISTER_DEVICE 0x008u
#define REGISTER_DEVICE_FEATURES 0x010u
#define REGISTER_DEVICE_FEATURES_SELECT 0x014u
#define REGISTER_DRIVER_FEATURES 0x020u
#define REGISTER_DRIVER_FEATURES_SELECT 0x024u
#define REGISTER_QUEUE_SELECT 0x030u
#define REGISTER_QUEUE_SIZE_MAX 0x034u
#define REGISTER_QUEUE_SIZE 0x038u
#define REGISTER_QUEUE_READY 0x044u
#define REGISTER_QUEUE_NOTIFY 0x050u
#define REGISTER_INTERRUPT_STATUS 0x060u
#define REGISTER_INTERRUPT_ACKNOWLEDGE 0x064u
#define REGISTER_STATUS 0x070u
#define REGISTER_QUEUE_DESCRIPTOR 0x080u
#define REGISTER_QUEUE_DRIVER 0x090u
#define REGISTER_QUEUE_DEVICE 0x0a0u
#define REGISTER_CONFIGURATION 0x100u
#define MAGIC 0x74726976u
#define VERSION_MODERN 2u
#define STATUS_ACKNOWLEDGE 1u
#define STATUS_DRIVER 2u
#define STATUS_DRIVER_OK 4u
#define STATUS_FEATURES_OK 8u
#define STATUS_NEEDS_RESET 64u
#define STATUS_FAILED 128u
/* Looks at a device that is to reset itself, each a register's read: 10 ms at least. */
#define RESET_LOOKS 200000u

uint32_t virtio_probe(uintptr_t slot)
{
	if (register_read32(slot + REGISTER_MAGIC) != MAGIC ||
	    register_read32(slot + REGISTER_VERSION) != VERSION_MODERN) {
		return 0;
	}
	return register_read32(slot + REGISTER_DEVICE);
}

static void add_status(uintptr_t slot, uint32_t bits)
{
	register_write32(slot + REGISTER_STATUS, register_read32(slot + REGISTER_STATUS) | bits);
}

static uint64_t device_features(uintptr_t slot)
{
	register_write32(slot + REGISTER_DEVICE_FEATURES_SELECT, 1);
	uint64_t high = register_read32(slot + REGISTER_DEVICE_FEATURES);

	register_write32(slot + REGISTER_DEVICE_FEATURES_SELECT, 0);
	return high << 32 | register_read32(slot + REGISTER_DEVICE_FEATURES);
}

void virtio_reset(uintptr_t slot)
{
	register_write32(slot + REGISTER_STATUS, 0);
}

bool virtio_is_reset(uintptr_t slot)
{
	return register_read32(slot + REGISTER_STATUS) == 0;
}

uint64_t virtio_begin(uintptr_t slot, uint64_t wanted)
{
	virtio_reset(slot);
	for (uint32_t looks = 0; !virtio_is_reset(slot); looks++) {
		if (looks == RESET_LOOKS) {
			return 0;
		}
	}
	add_status(slot, STATUS_ACKNOWLEDGE);
	add_status(slot, STATUS_DRIVER);
	uint64_t both = device_features(slot) & (wanted | VIRTIO_F_VERSION_1);

	if ((both & VIRTIO_F_VERSION_1) == 0) {
		return 0;
	}
	register_write32(slot + REGISTER_DRIVER_FEATURES_SELECT, 0);
	register_write32(slot + REGISTER_DRIVER_FEATURES, (uint32_t)both);
	register_write32(slot + REGISTER_DRIVER_FEATURES_SELECT, 1);
	register_write32(slot + REGISTER_DRIVER_FEATURES, (uint32_t)(both >> 32));
	add_status(slot, STATUS_FEATURES_OK);
	return (register_read32(slot + REGISTER_STATUS) & STATUS_FEATURES_OK) != 0 ? both : 0;
}

static void write_address(uintptr_t at, const void *address)
{
	register_write32(at, (uint32_t)(uintptr_t)address);
	register_write32(at + 4, (uint32_t)((uintptr_t)address >> 32));
}

/* The greatest power of two that is not above `number` and VIRTIO_QUEUE_MAX; 0 for 0. */
static uint32_t queue_size(uint32_t number)
{
	uint32_t size = VIRTIO_QUEUE_MAX;

	while (size > number) {
		size /= 2;
	}
	return size;
}

bool virtio_queue_start(struct virtio_queue *queue, uintptr_t slot, uint32_t number,
			struct virtio_shared *shared)
{
	register_write32(slot + REGISTER_QUEUE_SELECT, number);
	uint32_t size = queue_size(register_read32(slot + REGISTER_QUEUE_SIZE_MAX));

	if (size == 0 || register_read32(slot + REGISTER_QUEUE_READY) != 0) {
		return false;
	}
	*queue = (struct virtio_queue){
		.shared = shared,
		.notify = slot + REGISTER_QUEUE_NOTIFY,
		.number = number,
		.size = size,
	};
	queue->used_event = &shared->available.ring[queue->size];
	queue->available_event = (const volatile uint16_t *)&shared->used.ring[queue->size];
	register_write32(slot + REGISTER_QUEUE_SIZE, queue->size);
	write_address(slot + REGISTER_QUEUE_DESCRIPTOR, shared->descriptor);
	write_address(slot + REGISTER_QUEUE_DRIVER, &shared->available);
	write_address(slot + REGISTER_QUEUE_DEVICE, &shared->used);
	virtio_barrier();
	register_write32(slot + REGISTER_QUEUE_READY, 1);
	return true;
}

void virtio_ready(uintptr_t slot)
{
	add_status(slot, STATUS_DRIVER_OK);
}

void virtio_give_up(uintptr_t slot)
{
	add_status(slot, STATUS_FAILED);
}

bool virtio_needs_reset(uintptr_t slot)
{
	return (register_read32(slot + REGISTER_STATUS) & STATUS_NEEDS_RESET) != 0;
}

void virtio_acknowledge(uintptr_t slot)
{
	register_write32(slot + REGISTER_INTERRUPT_ACKNOWLEDGE,
			 register_read32(slot + REGISTER_INTERRUPT_STATUS));
}

uint8_t virtio_config8(uintptr_t slot, unsigned offset)
{
	return register_read8(slot + REGISTER_CONFIGURATION + offset);
}

static void publish_index(struct virtio_queue *queue)
{
	/* the entries, before the index that covers them */
	virtio_barrier_write();
	*(volatile uint16_t *)&queue->shared->available.index = queue->available;
	virtio_barrier();
}

void virtio_publish(struct virtio_queue *queue)
{
	uint16_t old = queue->notified;

	publish_index(queue);
	queue->notified = queue->available;
	if (virtio_wants_notice(queue, old, queue->available)) {
		register_write32(queue->notify, queue->number);
	}
}

void virtio_publish_always(struct virtio_queue *queue)
{
	publish_index(queue);
	register_write32(queue->notify, queue->number);
}
