/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * QEMU's `virt` machine (docs/system/arm/virt): where its devices are, and which is
 * what. Network devices in the order of the command line are inside, outside and
 * management; started on first use, by core 0.
 *
 *   -M virt,gic-version=3,highmem=off -global virtio-mmio.force-legacy=false
 */
#include "hal/board.h"

#include <stdbool.h>

#include "drivers/entropy/virtio_rng.h"
#include "drivers/flash/cfi.h"
#include "drivers/net/virtio_net.h"
#include "drivers/rtc/pl031.h"
#include "drivers/serial/pl011.h"
#include "drivers/watchdog/i6300esb.h"
#include "hal/aarch64/board.h"
#include "hal/aarch64/interrupts.h"
#include "hal/bypass.h"
#include "hal/memory.h"
#include "hal/serial.h"

#define FLASH 0x04000000u /* the second of two: the first one is where a boot stage goes */
#define FLASH_BYTES 0x04000000u
#define GIC_DISTRIBUTOR 0x08000000u
#define GIC_REDISTRIBUTORS 0x080a0000u
#define GIC_BYTES 0x01000000u
#define UART 0x09000000u
#define UART_INTERRUPT (INTERRUPT_SHARED + 1)
#define RTC 0x09010000u
#define VIRTIO 0x0a000000u
#define VIRTIO_SLOT_BYTES 0x200u
#define VIRTIO_SLOTS 32u
#define VIRTIO_INTERRUPT (INTERRUPT_SHARED + 16)
#define PCI_WINDOW 0x10000000u
#define PCI_WINDOW_BYTES 0x00001000u
#define PCI_SPACES 0x3f000000u /* with highmem=off */
#define PCI_SPACES_BYTES 0x00100000u /* bus 0 */
#define PCI_FUNCTION_BYTES 0x8000u /* a device's eight functions */
#define PCI_DEVICES 32u
#define NS_PER_SECOND 1000000000ull

const struct board_region *board_regions(void)
{
	static const struct board_region regions[] = {
		{ FLASH, FLASH_BYTES, false },
		{ GIC_DISTRIBUTOR, GIC_BYTES, false },
		{ UART, 0x1000, false },
		{ RTC, 0x1000, false },
		{ VIRTIO, VIRTIO_SLOTS * VIRTIO_SLOT_BYTES, false },
		/* the watchdog */
		{ PCI_WINDOW, PCI_WINDOW_BYTES, true },
		{ PCI_SPACES, PCI_SPACES_BYTES, true },
		{ 0, 0, false },
	};

	return regions;
}

uintptr_t board_gic_distributor(void)
{
	return GIC_DISTRIBUTOR;
}

uintptr_t board_gic_redistributors(void)
{
	return GIC_REDISTRIBUTORS;
}

const char *board_name(void)
{
	return "qemu-virt";
}

uint64_t board_wall_ns(void)
{
	return pl031_seconds(RTC) * NS_PER_SECOND;
}

/* The `n`th device of a kind in the order of the command line, which fills the slots downward; 0 if
 * there is none. */
static uintptr_t find_virtio(uint32_t kind, unsigned n, unsigned *interrupt)
{
	for (unsigned slot = VIRTIO_SLOTS; slot-- > 0;) {
		uintptr_t at = VIRTIO + (uintptr_t)slot * VIRTIO_SLOT_BYTES;

		if (virtio_probe(at) == kind && n-- == 0) {
			*interrupt = VIRTIO_INTERRUPT + slot;
			return at;
		}
	}
	return 0;
}

size_t board_entropy(void *out, size_t length)
{
	static struct virtio_rng rng;
	static struct virtio_shared shared;
	static bool tried, works;
	unsigned interrupt;

	if (!tried) {
		uintptr_t slot = find_virtio(VIRTIO_RNG, 0, &interrupt);

		tried = true;
		works = slot != 0 && virtio_rng_init(&rng, slot, &shared) == 0;
	}
	return works ? virtio_rng_read(&rng, out, length) : 0;
}

static struct port *start_port(unsigned n, const char *name)
{
	unsigned interrupt;
	uintptr_t slot = find_virtio(VIRTIO_NET, n, &interrupt);
	struct virtio_net *net = memory_take(sizeof(*net), 64);
	struct virtio_shared *shared = memory_take(2 * sizeof(*shared), 64);

	if (slot == 0 || net == NULL || shared == NULL ||
	    virtio_net_init(net, slot, name, shared) != 0) {
		return NULL;
	}
	interrupts_route(interrupt, CORE_DATA);
	return &net->port;
}

struct port *board_port_inside(void)
{
	static struct port *port;

	port = port != NULL ? port : start_port(0, "inside");
	return port;
}

struct port *board_port_outside(void)
{
	static struct port *port;

	port = port != NULL ? port : start_port(1, "outside");
	return port;
}

struct flash *board_flash(void)
{
	static struct cfi cfi;

	if (cfi.flash.ops == NULL && cfi_init(&cfi, FLASH) != 0) {
		return NULL;
	}
	return &cfi.flash;
}

struct watchdog *board_watchdog(void)
{
	static struct i6300esb *esb;

	if (esb != NULL) {
		return &esb->watchdog;
	}
	/* where management cannot write: the data core feeds it by what stands there */
	esb = memory_take(sizeof(*esb), _Alignof(struct i6300esb));
	for (unsigned device = 0; esb != NULL && device < PCI_DEVICES; device++) {
		if (i6300esb_init(esb, PCI_SPACES + (uintptr_t)device * PCI_FUNCTION_BYTES,
				  PCI_WINDOW) == 0) {
			return &esb->watchdog;
		}
	}
	esb = NULL;
	return NULL;
}

const struct bypass_state *bypass_state(void)
{
	static const struct bypass_state state = { .way = BYPASS_NONE,
						   .text = "this board has no bypass relay" };

	return &state;
}

static struct pl011 uart = { .base = UART };

void serial_write(const void *bytes, size_t length)
{
	pl011_write(&uart, bytes, length);
}

size_t serial_offer(const void *bytes, size_t length)
{
	return pl011_offer(&uart, bytes, length);
}

const uint32_t *serial_faults(void)
{
	return uart.faults;
}

size_t serial_read(void *out, size_t length)
{
	static bool started;

	if (!started) {
		started = true;
		pl011_init(&uart);
		interrupts_route(UART_INTERRUPT, CORE_MANAGEMENT);
	}
	return pl011_read(&uart, out, length);
}
