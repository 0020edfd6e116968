# SPDX-License-Identifier: BSD-2-Clause
#
# Portreeve's build: one make, no recursion. Each folder lists its sources in a module.mk; board/NAME/module.mk
# says how that board's program is compiled and linked; tools/build/compile.mk holds the compile rules and
# tools/fetch/module.mk brings the third-party sources. Everything that is made goes to build/.

# What runs on the machine that builds (unit tests, fuzz targets, programs to measure) is made of the linux board, and
# so is what is built for a chosen architecture: other boards have their own.
linux-jobs   := bench-programs clang fuzz-programs list-% unit-programs unit-target-programs build/linux% build/unit/% \
	build/fuzz/% build/clang/%
ifeq ($(origin BOARD),undefined)
BOARD        := $(if $(ARCH)$(filter $(linux-jobs),$(MAKECMDGOALS)),linux,qemu-virt)
endif
PYTHON       ?= /usr/bin/python3
CLANG        ?= clang
FUZZ_SECONDS ?= 600
HANDSHAKES   ?= 10000
SECONDS      ?= 300
HOST_ARCH    := $(shell uname -m)
-include board/$(BOARD)/target.mk
platform     ?= linux
ARCH         ?= $(HOST_ARCH)
ifeq ($(origin CC),default)
CC := gcc
endif
export PYTHON
export PYTHONDONTWRITEBYTECODE := 1

MAKEFLAGS += --no-builtin-rules --no-print-directory
ifeq ($(MAKELEVEL)$(filter -j%,$(MAKEFLAGS)),0)
MAKEFLAGS += -j$(shell nproc)
endif
.DELETE_ON_ERROR:
.SUFFIXES:
Q := $(if $(V),,@)

config    := build/$(BOARD)
cross     := $(filter-out $(HOST_ARCH),$(ARCH))
out       := $(config)$(addprefix -,$(if $(filter linux,$(platform)),$(cross)))
target-cc := $(if $(cross),$(ARCH)-linux-gnu-gcc,$(CC))
binutils  := $(if $(cross),$(ARCH)-linux-gnu-)

boards := $(patsubst board/%/module.mk,%,$(wildcard board/*/module.mk))
$(if $(filter $(BOARD),$(boards)),,$(error there is no board $(BOARD), only: $(boards)))

.PHONY: all
all:

# ---- what there is to compile; jobs that only call a tool work before anything is installed or configured ----

toolless := bench check clean fuzz help install lint menuconfig outage run savedefconfig soak unit
ifneq ($(filter-out $(toolless),$(or $(MAKECMDGOALS),all)),)
lists := scanner/module.mk hal/module.mk drivers/module.mk firmware/module.mk tools/module.mk tests/module.mk
include $(config)/config.mk $(lists) tools/build/compile.mk
endif

# ---- configuration: .config is the user's, made once from the board's defconfig; the rest follows from it ----

kconfig     := Kconfig $(wildcard */Kconfig)
kconfig-run := KCONFIG_CONFIG=$(config)/.config $(PYTHON) -m

$(config)/.config: | board/$(BOARD)/defconfig
	@mkdir -p $(@D)
	@$(PYTHON) -c 'import kconfiglib' 2>/dev/null || \
		{ echo "python3-kconfiglib is missing; 'make install' installs what a build needs" >&2; exit 1; }
	@command -v $(firstword $(target-cc)) >/dev/null || \
		{ echo "$(target-cc) is missing; 'make install' installs what a build needs" >&2; exit 1; }
	$(Q)$(kconfig-run) defconfig --kconfig Kconfig board/$(BOARD)/defconfig >/dev/null

$(config)/config.mk $(config)/config.h &: $(config)/.config $(kconfig)
	$(Q)$(kconfig-run) genconfig --header-path $(config)/config.h --config-out $(config)/config.mk
	@touch $(config)/config.h $(config)/config.mk

.PHONY: menuconfig savedefconfig
menuconfig: $(config)/.config
	$(Q)$(kconfig-run) menuconfig

savedefconfig: $(config)/.config
	$(Q)$(kconfig-run) savedefconfig --kconfig Kconfig --out board/$(BOARD)/defconfig

# ---- jobs -------------------------------------------------------------------------------------------------

.PHONY: size sbom run check bench lint unit fuzz outage soak install clean help
all: $(out)/portreeve build/tools/portreeve-tool

size: $(out)/portreeve $(out)/host/ram
	$(Q)$(PYTHON) tools/build/size.py "$(binutils)" $(out) $(CONFIG_PROGRAM_BYTES_MAX) $(CONFIG_RAM_BYTES_MAX)

sbom: $(out)/sbom.spdx.json
$(out)/sbom.spdx.json: $(out)/portreeve tools/build/sbom.py
	$(Q)$(PYTHON) tools/build/sbom.py $(out) $(target-cc) $(CONFIG_VERSION) >$@

install:
	$(Q)tools/install/install build $(addprefix cross-,$(cross))

run:
	$(Q)tools/install/install build $(addprefix cross-,$(cross)) run-$(BOARD)
	$(Q)$(MAKE) all
	$(Q)$(PYTHON) tools/demo/$(subst -,_,$(BOARD)).py

check:
	$(Q)tools/install/install build check
	$(Q)$(PYTHON) tests/run.py

bench:
	$(Q)tools/install/install build bench
	$(Q)$(MAKE) BOARD=linux all bench-programs
	$(Q)$(MAKE) BOARD=qemu-virt build/qemu-virt/portreeve bench-programs
	$(Q)$(PYTHON) tests/bench/bench.py

lint unit:
	$(Q)$(PYTHON) tests/run.py $@

fuzz:
	$(Q)$(MAKE) BOARD=linux fuzz-programs
	$(Q)$(PYTHON) tests/run.py fuzz --fuzz-seconds $(FUZZ_SECONDS)

soak:
	$(Q)tools/install/install build check
	$(Q)$(MAKE) BOARD=qemu-virt all
	$(Q)$(PYTHON) tests/soak/soak.py --seconds $(SECONDS)

outage:
	$(Q)tools/install/install build check
	$(Q)$(MAKE) BOARD=linux all
	$(Q)$(PYTHON) tests/soak/outage.py --handshakes $(HANDSHAKES) --bars

clean:
	rm -rf $(out)

help:
	@sed -n 's/^#h \{0,1\}//p' $(firstword $(MAKEFILE_LIST))

#h make               the board's program build/BOARD/portreeve and the host tool build/tools/portreeve-tool
#h make run           build, then the demonstration: a server that was turned, in front of the appliance in QEMU;
#h                    BOARD=linux: replayed from captures, with all that honest traffic must not raise
#h make check         install what is missing, then all lints, builds and tests; ends with "N passed, N failed"
#h make bench         measure, beside Suricata (SURICATA=no: without it; as root it is installed into build/bench/trixie);
#h                    ONLY="live scanner": not all groups of rows
#h make lint | unit   parts of check
#h make fuzz          every fuzz target for FUZZ_SECONDS=600 each
#h make soak          the appliance in QEMU under floods for SECONDS=300; afterwards everything has to add up
#h make outage        HANDSHAKES=10000 of SSH across `portreeve run` while it is killed, stopped and replaced: none may
#h                    fail, with either driver; how long forwarding was interrupted, beside the bars. Needs root
#h make size          what the program weighs and what RAM it takes, against the board's limits
#h make sbom          build/BOARD/sbom.spdx.json: what is linked into the program
#h make menuconfig    edit build/BOARD/.config; make savedefconfig writes it to board/BOARD/defconfig
#h make install       install what a build of BOARD needs, and nothing else
#h make clean         remove build/BOARD; rm -r build removes the fetched sources too
#h
#h BOARD=qemu-virt (the default) or linux, ARCH=aarch64 (cross-builds the linux board into build/linux-aarch64),
#h CC=clang, V=1 (show commands), SOURCES_DIR=folder (third-party source packages from there, not from a Debian mirror)
