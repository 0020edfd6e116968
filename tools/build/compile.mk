# SPDX-License-Identifier: BSD-2-Clause
#
# How sources become objects and programs. A "variant" compiles any source of the tree into a folder of its own:
# the board's program, the host tool, unit tests with sanitizers, a pass with clang, fuzz targets.

warnings := -Wall -Wextra -Wshadow -Wundef -Wvla -Wmissing-prototypes -Wcast-qual -Wconversion -Werror
shared   := -std=c11 $(warnings) -I. "-ffile-prefix-map=$(CURDIR)=."
say       = $(if $(V),,@printf '  %-7s %s\n' $(1) $(2))

# The flags that a compiler knows: $(call known,COMPILER,FLAGS).
known = $(shell for flag in $(2); do \
	$(1) -Werror $$flag -S -x c /dev/null -o /dev/null 2>/dev/null && echo "$$flag"; done)

# The sources of modules for an architecture, on the board's platform: $(call sources,MODULES,ARCH).
sources = $(foreach m,$(1),$($(m)-y) $($(m)-$(2)-y) $($(m)-$(platform)-y) $($(m)-$(platform)-$(2)-y))
all-modules := scanner hal bare drivers firmware appliance bare-appliance board interface-drivers tools fixtures

# $(call variant,FOLDER,COMPILER,FLAGS,NEEDED FIRST). cflags-PATH adds flags for one file, cflags of a target for
# that target, target-cflags-PATH for one file of the board's program. Changed flags recompile the variant.
flags-of-files = $(foreach v,$(sort $(filter cflags-% $(if $(filter $(out),$(1)),target-cflags-%),$(.VARIABLES))),$(v)=$($(v)))
define variant
$(1)/%.o: %.c $(1)/flags | $(config)/config.h $(4)
	@mkdir -p $$(@D)
	$$(call say,CC,$$@)
	$(Q)$(2) $(shared) $(3) $$(cflags-$$<) $$(cflags) -MMD -MP -c $$< -o $$@
$(1)/%.o: %.S $(1)/flags | $(config)/config.h $(4)
	@mkdir -p $$(@D)
	$$(call say,AS,$$@)
	$(Q)$(2) -I. "-ffile-prefix-map=$(CURDIR)=." -MMD -MP -c $$< -o $$@
$(1)/flags: FORCE
	@mkdir -p $$(@D)
	@echo '$(2) $(shared) $(3) $(flags-of-files)' >$$@.new; cmp -s $$@.new $$@ || cp $$@.new $$@
endef
.PHONY: FORCE
FORCE:

# ---- the board's program and the third-party sources in it ----

bench-programs := $(patsubst %.c,$(out)/%,$(bench-$(platform)-y))
include tools/fetch/module.mk
include board/$(BOARD)/module.mk

# ---- the host tool: host compiler, host C library; nothing of the board's, so that all boards share it ----

tool-objects := $(patsubst %.c,build/tools/%.o,$(call sources,tools scanner,$(HOST_ARCH)))
objects += $(tool-objects)
$(eval $(call variant,build/tools,$(CC),-O2 -g))

build/tools/portreeve-tool: $(tool-objects) $(lists)
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $(tool-objects)

# ---- what the board's program takes of RAM, for `make size` ----

ram-objects := $(addprefix $(out)/host/,$(patsubst %.c,%.o,$(ram-y) firmware/scanner_config.c))
objects += $(ram-objects)
$(eval $(call variant,$(out)/host,$(CC),-I$(config) -O1 -g))

$(out)/host/ram: $(ram-objects) $(filter build/tools/scanner/%,$(tool-objects)) $(lists)
	$(call say,LD,$@)
	$(Q)$(CC) -o $@ $(filter %.o,$^)

# ---- unit tests: one program a file ----
#
# Modules are linked as archives: a test may bring its own body of a hal function, and no program's main gets in.
# tests/FOLDER/… is linked with the modules in unit-modules-FOLDER.

# $(call archives,FOLDER,ARCH,AR)
define archives
$(foreach m,$(all-modules),
$(1)/$(m).a: $(addprefix $(1)/,$(addsuffix .o,$(basename $(call sources,$(m),$(2))))) $(lists)
	@rm -f $$@
	$(Q)$(3) rcsD $$@ $$(filter %.o,$$^)
)
objects += $(addprefix $(1)/,$(addsuffix .o,$(basename $(call sources,$(all-modules),$(2)))))
endef

# $(call unit,FOLDER,LINK COMMAND,LIBRARIES)
define unit
$(foreach t,$(unit-y),
$(1)/$(t:.c=): $(1)/$(t:.c=.o) $(foreach m,$(unit-modules-$(word 2,$(subst /, ,$(t)))),$(1)/$(m).a)
)
$(patsubst %.c,$(1)/%,$(unit-y)): $(filter-out -l%,$(3))
	$$(call say,LD,$$@)
	$(Q)$(2) -o $$@ $$(filter %_test.o,$$^) -Wl,--start-group $$(filter-out %_test.o,$$^) $(filter -l%,$(3)) -Wl,--end-group
objects += $(patsubst %.c,$(1)/%.o,$(unit-y))
endef

sanitizers := -fsanitize=address,undefined -fno-sanitize-recover=all
$(eval $(call variant,build/unit,$(CC),-I$(config) -O1 -g -fno-omit-frame-pointer $(sanitizers)))
$(eval $(call archives,build/unit,$(HOST_ARCH),ar))
$(eval $(call unit,build/unit,$(CC) $(sanitizers),-lcmocka))

# The same tests with the shipped program's compiler, flags, C library and architecture.
$(eval $(call archives,$(out),$(ARCH),$(binutils)ar))
$(eval $(call unit,$(out),$(target-link),$(cmocka-object) $(target-libs)))
$(patsubst %.c,$(out)/%.o,$(unit-y)): cflags := $(cmocka-cflags)
$(patsubst %.c,$(out)/%.o,$(unit-y)): | build/sources/cmocka.json

.PHONY: unit-programs unit-target-programs
unit-programs: $(patsubst %.c,build/unit/%,$(unit-y))
unit-target-programs: $(patsubst %.c,$(out)/%,$(unit-y))

# ---- programs to measure, with the same flags; the board links them ----

objects += $(addsuffix .o,$(bench-programs))
.PHONY: bench-programs
bench-programs: $(bench-programs)

# What tests/run.py has to run
.PHONY: list-unit list-fuzz
list-unit list-fuzz: list-%:
	@echo $($*-y)

# ---- everything once more with clang, for its warnings ----

clang-objects := $(patsubst %.c,build/clang/%.o,$(filter %.c,$(unit-y) $(fuzz-y) $(bench-linux-y) $(bench-hal-$(HOST_ARCH)-y) \
	$(call sources,$(all-modules),$(HOST_ARCH))))
objects += $(clang-objects)
$(eval $(call variant,build/clang,$(CLANG),-I$(config) -O1))
.PHONY: clang
clang: $(clang-objects)

# ---- fuzz targets ----

fuzz-programs := $(patsubst tests/fuzz/%_fuzz.c,build/fuzz/%,$(fuzz-y))
objects += $(patsubst %.c,build/fuzz/%.o,$(fuzz-y))
$(eval $(call variant,build/fuzz,$(CLANG),-I$(config) -O1 -g -fsanitize=fuzzer-no-link $(sanitizers)))
$(eval $(call archives,build/fuzz,$(HOST_ARCH),ar))

$(fuzz-programs): build/fuzz/%: build/fuzz/tests/fuzz/%_fuzz.o $(addprefix build/fuzz/,$(addsuffix .a,$(all-modules)))
	$(call say,LD,$@)
	$(Q)$(CLANG) -fsanitize=fuzzer $(sanitizers) -o $@ $< -Wl,--start-group $(filter %.a,$^) -Wl,--end-group
.PHONY: fuzz-programs
fuzz-programs: $(fuzz-programs)

-include $(patsubst %.o,%.d,$(sort $(objects)))
