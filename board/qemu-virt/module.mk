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
$(foreach f,drivers/net/virtio_net.c drivers/virtio/virtio.c firmware/data_core.c firmware/dataplane.c hal/aarch64/clock.c scanner/scanner.c,\
	$(eval target-cflags-$(f) += -fzero-call-used-regs=skip))

# What runs in an exception may not touch the registers that it does not save.
in-exceptions := $(addprefix hal/aarch64/,clock.c cores.c entropy.c exception.c interrupts.c memory.c pages.c psci.c \
	report.c return_key.c syscalls.c) board/qemu-virt/board.c drivers/serial/pl011.c drivers/virtio/virtio.c \
	drivers/entropy/virtio_rng.c drivers/watchdog/i6300esb.c drivers/flash/cfi.c
$(foreach f,$(in-exceptions),$(eval target-cflags-$(f) += -mgeneral-regs-only))

# The key that signs return addresses changes while these are on the stack.
$(foreach f,hal/aarch64/boot.c hal/aarch64/return_key.c,$(eval target-cflags-$(f) += -mbranch-protection=bti))

board-y := board/qemu-virt/board.c
board-sources := $(call sources,appliance bare bare-appliance board drivers firmware hal scanner,$(ARCH))
program-objects := $(addprefix $(out)/,$(addsuffix .o,$(basename $(board-sources))))
objects += $(program-objects)
$(eval $(call variant,$(out),$(target-cc),-I$(config) $(target-cflags) $$(target-cflags-$$<),$(musl)/lib/libc.a))

# $(call image,NAME,OBJECTS): calls of the functions in wrapped-NAME go through one of the objects.
wrap = $(patsubst %,-Xlinker --wrap=%,$(wrapped-$(1)))
define image
$(out)/$(1).debug $(out)/$(1).map &: $(2) $(target-libs) $(lists) hal/aarch64/image.ld
	$$(call say,LD,$(out)/$(1).debug)
	$(Q)$(target-link) -Wl,-Map,$(out)/$(1).map $(call wrap,$(1)) -o $(out)/$(1).debug $(2) \
		-Wl,--start-group $(target-libs) -Wl,--end-group

$(out)/$(1): $(out)/$(1).debug
	$(Q)$(binutils)objcopy --strip-debug $$< $$@
endef
$(eval $(call image,portreeve,$(program-objects)))

# The same objects, and faults on request from the console (tests/faults): to be tested, not to be used.
wrapped-portreeve-faults := console_command supervisor_look
fault-objects := $(patsubst %.c,$(out)/%.o,$(faults-y))
objects += $(fault-objects)
$(eval $(call image,portreeve-faults,$(program-objects) $(fault-objects)))

# The image to measure: the same objects and one more.
wrapped-count      := clock_wall_now core_sleep_until dataplane_round
wrapped-no_scanner := scanner_burst

$(bench-programs): %: %.o $(program-objects) $(target-libs) $(lists) hal/aarch64/image.ld
	$(call say,LD,$@)
	$(Q)$(target-link) $(call wrap,$(@F)) -o $@ $< $(program-objects) \
		-Wl,--start-group $(target-libs) -Wl,--end-group

# The ports that `make size` reckons with.
cflags-tests/bench/ram.c := -include drivers/net/virtio_net.h "-DRAM_FRAMES=dataplane_memory(2 * SCANNER_PORTS * VIRTIO_QUEUE_MAX, PORT_FRAME_MAX)" -DRAM_HANDOVER=0
