# SPDX-License-Identifier: BSD-2-Clause
#
# The qemu-virt board: a bare-metal AArch64 image for QEMU's `virt` machine. musl is linked as it is; what it asks a
# kernel for is served by hal/aarch64. Not position independent: the image runs where it is loaded.

hardening := $(call known,$(target-cc),-fstack-protector-strong -fstack-clash-protection \
	-ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr -mbranch-protection=standard)
bare := -mno-outline-atomics

target-cflags := -O2 -g -fno-pie -fno-asynchronous-unwind-tables -fno-omit-frame-pointer -ffunction-sections \
	-fdata-sections -fstack-usage $(bare) $(hardening) -nostdinc -isystem $(musl)/include \
	-isystem $(shell $(target-cc) -print-file-name=include)
target-link := $(target-cc) -static -no-pie -nostdlib -Wl,--gc-sections,-z,noexecstack,--build-id=sha1 \
	-Wl,--defsym=__image_start=0x40200000,--defsym=__heap_bytes=0x04000000,--defsym=__ram_end=0x50000000 \
	-Wl,-T,hal/aarch64/image.ld $(addprefix $(musl)/lib/,crt1.o crti.o crtn.o)
target-libs := $(musl)/lib/libc.a $(shell $(target-cc) -print-libgcc-file-name)
musl-cflags += -fno-pie -mstrict-align

# What runs before the MMU does, or reads flash, may access nothing unaligned.
$(foreach f,$(call sources,bare hal,$(ARCH)) board/qemu-virt/board.c drivers/flash/cfi.c drivers/virtio/virtio.c,$(eval target-cflags-$(f) := -mstrict-align))

# Registers are not cleared behind the calls that every burst makes: a twentieth of what a frame costs.
$(foreach f,drivers/net/virtio_net.c drivers/virtio/virtio.c firmware/dataplane.c hal/aarch64/clock.c scanner/scanner.c,\
	$(eval target-cflags-$(f) += -fzero-call-used-regs=skip))

# What runs in an exception may not touch the registers that it does not save.
in-exceptions := $(addprefix hal/aarch64/,clock.c cores.c entropy.c exception.c interrupts.c memory.c pages.c psci.c \
	report.c syscalls.c) board/qemu-virt/board.c drivers/serial/pl011.c drivers/virtio/virtio.c \
	drivers/entropy/virtio_rng.c drivers/watchdog/i6300esb.c drivers/flash/cfi.c
$(foreach f,$(in-exceptions),$(eval target-cflags-$(f) += -mgeneral-regs-only))

board-y := board/qemu-virt/board.c
board-sources := $(call sources,appliance bare bare-appliance board drivers firmware hal scanner,$(ARCH))
program-objects := $(addprefix $(out)/,$(addsuffix .o,$(basename $(board-sources))))
objects += $(program-objects)
$(eval $(call variant,$(out),$(target-cc),-I$(config) $(target-cflags) $$(target-cflags-$$<),$(musl)/lib/libc.a))

$(out)/portreeve.debug $(out)/portreeve.map &: $(program-objects) $(target-libs) $(lists) hal/aarch64/image.ld
	$(call say,LD,$(out)/portreeve.debug)
	$(Q)$(target-link) -Wl,-Map,$(out)/portreeve.map -o $(out)/portreeve.debug $(program-objects) \
		-Wl,--start-group $(target-libs) -Wl,--end-group

$(out)/portreeve: $(out)/portreeve.debug
	$(Q)$(binutils)objcopy --strip-debug $< $@

# The image to measure: the same objects and one more, through which calls of these functions go.
wrapped-count      := clock_wall_now core_sleep_until dataplane_round
wrapped-no_scanner := scanner_burst

$(bench-programs): %: %.o $(program-objects) $(target-libs) $(lists) hal/aarch64/image.ld
	$(call say,LD,$@)
	$(Q)$(target-link) $(patsubst %,-Xlinker --wrap=%,$(wrapped-$(@F))) -o $@ $< $(program-objects) \
		-Wl,--start-group $(target-libs) -Wl,--end-group
