# SPDX-License-Identifier: BSD-2-Clause
#
# The linux board: one static program for any Linux box, linked with the fetched musl.
#
# It is a static PIE: the program parses hostile traffic, so its addresses should not be known beforehand, and
# position independence costs next to nothing on these two architectures. -fcf-protection is left out: Linux
# switches neither IBT nor shadow stacks on for a static musl program. Flags that a compiler lacks for an
# architecture (clang 14: two of them; -mbranch-protection on x86) are not used there.
#
# gcc compiles it once more as a whole when it links (clang would need another linker): what a burst calls most stands in
# many small files, and a call into another one is paid for twice, by its registers being cleared. The objects hold
# machine code, too: unit tests are linked of that.

hardening := $(call known,$(target-cc),-fstack-protector-strong -fstack-clash-protection \
	-ftrivial-auto-var-init=zero -fzero-call-used-regs=used-gpr -mbranch-protection=standard -mno-outline-atomics)

whole := $(if $(call known,$(target-cc),-flto-partition=one),-flto=1 -flto-partition=one)

target-cflags := -O2 -g -fPIE -fno-asynchronous-unwind-tables -ffunction-sections -fdata-sections -fstack-usage \
	$(whole) $(if $(whole),-ffat-lto-objects) $(hardening) -nostdinc -isystem $(musl)/include -isystem $(shell $(target-cc) -print-file-name=include)
target-link := $(target-cc) -fno-lto -static-pie -nostdlib -Wl,--gc-sections,-z,relro,-z,now,-z,noexecstack,--build-id=sha1 \
	$(addprefix $(musl)/lib/,rcrt1.o crti.o crtn.o)
# The warnings have been given; some that inlining brings about are of branches that constants exclude.
whole-link := $(filter-out $(if $(whole),-fno-lto),$(target-link)) $(if $(whole),$(whole) -O2 -fPIE -w)
target-libs := $(musl)/lib/libc.a $(shell $(target-cc) -print-libgcc-file-name)

board-y := board/linux/board.c board/linux/xdp_ports.c
program-objects := $(patsubst %.c,$(out)/%.o,$(call sources,appliance board firmware hal interface-drivers scanner,$(ARCH)))
objects += $(program-objects)
$(eval $(call variant,$(out),$(target-cc),-I$(config) $(target-cflags) $$(target-cflags-$$<),$(musl)/lib/libc.a))

$(out)/portreeve.debug $(out)/portreeve.map &: $(program-objects) $(target-libs) $(lists)
	$(call say,LD,$(out)/portreeve.debug)
	$(Q)$(whole-link) -Wl,-Map,$(out)/portreeve.map -o $(out)/portreeve.debug $(program-objects) \
		-Wl,--start-group $(target-libs) -Wl,--end-group

# Function names stay in, for profilers; the debugging sections are in portreeve.debug.
$(out)/portreeve: $(out)/portreeve.debug
	$(Q)$(binutils)objcopy --strip-debug $< $@

$(bench-programs): %: %.o $(patsubst %,$(out)/%.a,$(all-modules)) $(target-libs) $(lists)
	$(call say,LD,$@)
	$(Q)$(whole-link) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group

# The ports that `make size` reckons with: those that take most, AF_XDP with an MTU above 1,770, of one data core.
cflags-tests/bench/ram.c := -include drivers/net/af_xdp.h "-DRAM_FRAMES=AF_XDP_BUFFERS(1) * (AF_XDP_CHUNK_BYTES_MAX + sizeof(uint8_t *))" -DRAM_HANDOVER=1
