/* SPDX-License-Identifier: BSD-2-Clause */
/* The device of virtio.h. Section numbers are those of Virtio 1.2. */
#include "tests/model/virtio.h"

#include <string.h>

#include "tests/model/registers.h"

#define MAGIC 0x74726976u
#define DRIVER_OK 4u
#define FEATURES_OK 8u
#define INTERRUPT_USED 1u
#define DESCRIPTOR_WRITE 2u
#define CONFIGURATION 0x100u

static struct virtio_used *used_of(const struct model_virtio_queue *queue)
{
	return (struct virtio_used *)(uintptr_t)queue->device;
}

static const struct virtio_available *available_of(const struct model_virtio_queue *queue)
{
	return (const struct virtio_available *)(uintptr_t)queue->driver;
}

static struct model_virtio_queue *selected(struct model_virtio *model)
{
	if (model->queue_select >= MODEL_VIRTIO_QUEUES) {
		registers_wrong("a queue that there is not is set up", model->queue_select);
	}
	return &model->queue[model->queue_select];
}

static uint64_t read_queue(struct model_virtio *model, size_t offset)
{
	switch (offset) {
	case 0x034:
		return model->queue_select < MODEL_VIRTIO_QUEUES ?
			       model->size_max[model->queue_select] :
			       0;
	case 0x044:
		return selected(model)->ready;
	default:
		registers_wrong("a register is read that cannot be", offset);
	}
}

static uint64_t model_read(void *device, size_t offset, unsigned width)
{
	struct model_virtio *model = device;

	if (offset >= CONFIGURATION) {
		uint64_t value = 0;

		if (offset - CONFIGURATION + width > MODEL_VIRTIO_SPACE) {
			registers_wrong("beyond the configuration space", offset);
		}
		memcpy(&value, model->space + (offset - CONFIGURATION), width);
		return value;
	}
	if (width != 4) {
		registers_wrong("registers are 32 bits wide (4.2.2.2)", offset);
	}
	switch (offset) {
	case 0x000:
		return model->magic;
	case 0x004:
		return model->version;
	case 0x008:
		return model->id;
	case 0x010:
		return (uint32_t)(model->offers >> (model->features_select != 0 ? 32 : 0));
	case 0x060:
		return model->interrupt;
	case 0x070:
		return model->status;
	default:
		return read_queue(model, offset);
	}
}

static void reset(struct model_virtio *model)
{
	model->resets++;
	model->reset_waits = model->keeps_status;
	if (model->keeps_status) {
		model->status |= DRIVER_OK;
		return;
	}
	model->status = 0;
	model->interrupt = 0;
	model->accepted = 0;
	for (unsigned i = 0; i < MODEL_VIRTIO_QUEUES; i++) {
		unsigned notices = model->queue[i].notices;
		unsigned interrupts = model->queue[i].interrupts;

		model->queue[i] =
			(struct model_virtio_queue){ .notices = notices, .interrupts = interrupts };
	}
}

static void write_status(struct model_virtio *model, uint32_t value)
{
	if (value == 0) {
		reset(model);
		return;
	}
	if ((~value & model->status & ~MODEL_VIRTIO_NEEDS_RESET) != 0) {
		registers_wrong("a status bit is taken back (2.1.1)", value);
	}
	if ((value & FEATURES_OK) != 0 && (model->refuses || (model->accepted >> 32 & 1) == 0)) {
		value &= ~FEATURES_OK;
	}
	if ((value & ~model->status & DRIVER_OK) != 0 && (value & FEATURES_OK) == 0) {
		registers_wrong("the device is used without features agreed (3.1.1)", value);
	}
	model->status = value | (model->status & MODEL_VIRTIO_NEEDS_RESET);
}

static void write_feature(struct model_virtio *model, uint32_t value)
{
	unsigned shift = model->driver_select != 0 ? 32 : 0;

	if ((model->status & FEATURES_OK) != 0) {
		registers_wrong("features are changed after they were agreed (2.2.1)", value);
	}
	if ((value & ~(uint32_t)(model->offers >> shift)) != 0) {
		registers_wrong("a feature is accepted that was not offered (2.2.1)", value);
	}
	model->accepted &= ~(0xffffffffull << shift);
	model->accepted |= (uint64_t)value << shift;
}

static void check_queue(const struct model_virtio *model, const struct model_virtio_queue *queue)
{
	uint32_t size = queue->size;

	if (size == 0 || (size & (size - 1)) != 0 || size > model->size_max[model->queue_select]) {
		registers_wrong("a queue of such a size (2.7)", size);
	}
	if (queue->descriptor % 16 != 0 || queue->driver % 2 != 0 || queue->device % 4 != 0) {
		registers_wrong("a misaligned part of a queue (2.7)", queue->descriptor);
	}
	if (available_of(queue)->index != 0 || used_of(queue)->index != 0) {
		registers_wrong("a queue starts at 0 (2.7)", available_of(queue)->index);
	}
}

static void put_half(uint64_t *address, bool high, uint32_t value)
{
	*address = high ? (*address & 0xffffffffu) | (uint64_t)value << 32 :
			  (*address & ~0xffffffffull) | value;
}

static void write_queue(struct model_virtio *model, size_t offset, uint32_t value)
{
	struct model_virtio_queue *queue = selected(model);

	if (queue->ready != 0 || (model->status & FEATURES_OK) == 0) {
		registers_wrong("a queue is set up out of turn (4.2.2.2)", offset);
	}
	switch (offset) {
	case 0x038:
		queue->size = value;
		break;
	case 0x044:
		check_queue(model, queue);
		queue->ready = value;
		break;
	case 0x080:
	case 0x084:
		put_half(&queue->descriptor, offset == 0x084, value);
		break;
	case 0x090:
	case 0x094:
		put_half(&queue->driver, offset == 0x094, value);
		break;
	case 0x0a0:
	case 0x0a4:
		put_half(&queue->device, offset == 0x0a4, value);
		break;
	default:
		registers_wrong("a register is written that cannot be", offset);
	}
}

static void notice(struct model_virtio *model, uint32_t number)
{
	if (number >= MODEL_VIRTIO_QUEUES || (model->status & DRIVER_OK) == 0) {
		registers_wrong("a notice out of turn (3.1.1)", number);
	}
	model->queue[number].notices++;
	if (model->on_notice != NULL) {
		model->on_notice(model, number);
	}
}

static void acknowledge(struct model_virtio *model, uint32_t bits)
{
	model->interrupt &= ~bits;
	if (model->on_acknowledge != NULL) {
		model->on_acknowledge(model);
	}
}

static void model_write(void *device, size_t offset, unsigned width, uint64_t wide)
{
	struct model_virtio *model = device;
	uint32_t value = (uint32_t)wide;

	if (width != 4 || offset >= CONFIGURATION) {
		registers_wrong("registers are 32 bits wide (4.2.2.2)", offset);
	}
	switch (offset) {
	case 0x014:
		model->features_select = value;
		break;
	case 0x020:
		write_feature(model, value);
		break;
	case 0x024:
		model->driver_select = value;
		break;
	case 0x030:
		model->queue_select = value;
		break;
	case 0x050:
		notice(model, value);
		break;
	case 0x064:
		acknowledge(model, value);
		break;
	case 0x070:
		write_status(model, value);
		break;
	default:
		write_queue(model, offset, value);
	}
}

void model_virtio_attach(struct model_virtio *model, uintptr_t base, uint32_t id)
{
	const struct registers registers = {
		.base = base,
		.bytes = MODEL_VIRTIO_BYTES,
		.device = model,
		.read = model_read,
		.write = model_write,
	};

	*model = (struct model_virtio){
		.magic = MAGIC,
		.version = 2,
		.id = id,
		.offers = VIRTIO_F_VERSION_1 | VIRTIO_F_EVENT_IDX | 0xffff,
		.size_max = { VIRTIO_QUEUE_MAX, VIRTIO_QUEUE_MAX },
		.base = base,
	};
	registers_attach(&registers);
}

void model_virtio_let_go(struct model_virtio *model)
{
	model->keeps_status = false;
	if (model->reset_waits) {
		reset(model);
	}
}

bool model_virtio_take(struct model_virtio *model, unsigned number, struct model_virtio_buffer *out)
{
	struct model_virtio_queue *queue = &model->queue[number];
	const struct virtio_descriptor *table =
		(const struct virtio_descriptor *)(uintptr_t)queue->descriptor;

	if (queue->ready == 0 || queue->taken == available_of(queue)->index) {
		return false;
	}
	uint16_t id = available_of(queue)->ring[queue->taken & (queue->size - 1)];

	if (id >= queue->size || (queue->held[id] && !queue->lied)) {
		registers_wrong("a descriptor is lent that cannot be", id);
	}
	if ((uint16_t)(available_of(queue)->index - queue->used) > queue->size && !queue->lied) {
		registers_wrong("more is lent than the queue holds", available_of(queue)->index);
	}
	if ((table[id].flags & ~DESCRIPTOR_WRITE) != 0) {
		registers_wrong("a chain, or an indirect table", table[id].flags);
	}
	queue->held[id] = true;
	queue->taken++;
	if ((model->accepted & VIRTIO_F_EVENT_IDX) != 0) {
		model_virtio_want(model, number, queue->taken);
	}
	*out = (struct model_virtio_buffer){
		.id = id,
		.data = (uint8_t *)(uintptr_t)table[id].address,
		.length = table[id].length,
		.writable = (table[id].flags & DESCRIPTOR_WRITE) != 0,
	};
	return true;
}

static void put_used(struct model_virtio_queue *queue, uint32_t id, uint32_t length)
{
	struct virtio_used *used = used_of(queue);
	uint32_t at = queue->used & (queue->size - 1);

	used->ring[at].id = id;
	used->ring[at].length = length;
	used->index = ++queue->used;
}

/* 2.7.7.2: whether the driver wants to hear that the index went one further, to `new`. */
static bool wants_interrupt(const struct model_virtio *model,
			    const struct model_virtio_queue *queue, uint16_t new)
{
	uint16_t event = available_of(queue)->ring[queue->size];

	if ((model->accepted & VIRTIO_F_EVENT_IDX) == 0) {
		return (available_of(queue)->flags & 1) == 0;
	}
	return (uint16_t)(new - event - 1) < 1;
}

void model_virtio_return(struct model_virtio *model, unsigned number, uint32_t id, uint32_t length)
{
	struct model_virtio_queue *queue = &model->queue[number];

	queue->held[id] = false;
	put_used(queue, id, length);
	if (wants_interrupt(model, queue, queue->used)) {
		queue->interrupts++;
		model->interrupt |= INTERRUPT_USED;
	}
}

void model_virtio_lie(struct model_virtio *model, unsigned number, uint32_t id, uint32_t length)
{
	model->queue[number].lied = true;
	put_used(&model->queue[number], id, length);
}

void model_virtio_show(struct model_virtio *model, unsigned number, uint16_t index)
{
	model->queue[number].lied = true;
	model->queue[number].used = index;
	used_of(&model->queue[number])->index = index;
}

void model_virtio_want(struct model_virtio *model, unsigned number, uint16_t index)
{
	struct model_virtio_queue *queue = &model->queue[number];
	uint16_t *event = (uint16_t *)(void *)&used_of(queue)->ring[queue->size];

	*event = index;
}
