# SPDX-License-Identifier: BSD-2-Clause
#
# Third-party sources: fetched into build/sources/NAME by tools/fetch/fetch.py, which writes NAME.json with the
# exact version and hashes beside it; the rules depend on that record. What is compiled of them is compiled here.

export SOURCES_DIR
build/sources/%.json: tools/fetch/pins tools/fetch/fetch.py
	$(Q)$(PYTHON) tools/fetch/fetch.py $*
.PRECIOUS: build/sources/%.json

# musl, the C library of every shipped program, for $(ARCH)
musl := build/musl-$(ARCH)$(addprefix -,$(filter-out linux,$(platform)))
musl-cflags := -O2 -fPIE -ffunction-sections -fdata-sections \
	$(call known,$(target-cc),-fstack-protector-strong -mbranch-protection=standard -mno-outline-atomics)
quietly = >>$(1) 2>&1 || { tail -n 30 $(1); exit 1; }

$(musl)/lib/libc.a: build/sources/musl.json
	$(call say,MUSL,$(musl))
	@rm -rf $(musl) && mkdir -p $(musl)/obj
	@cd $(musl)/obj && CC='$(target-cc)' AR=$(binutils)ar RANLIB=$(binutils)ranlib CFLAGS='$(musl-cflags)' \
		../../sources/musl/configure --target=$(ARCH) --disable-shared --prefix=.. \
		$(call quietly,log)
	@$(MAKE) -C $(musl)/obj install $(call quietly,$(musl)/log)

# cmocka, for unit tests that are linked with musl; the host's tests use the host's libcmocka.
cmocka-cflags := -isystem build/sources/cmocka/include -D_UINTPTR_T
cmocka-object := $(out)/cmocka.o
$(cmocka-object): build/sources/cmocka.json | $(musl)/lib/libc.a
	@mkdir -p $(@D)
	$(Q)$(target-cc) -w -std=gnu11 $(target-cflags) $(cmocka-cflags) -DHAVE_MALLOC_H -DHAVE_INTTYPES_H -DHAVE_SIGNAL_H \
		-DHAVE_STRINGS_H -DHAVE_STRSIGNAL -DHAVE_SIGLONGJMP -DHAVE_STRUCT_TIMESPEC -DHAVE_CLOCK_REALTIME \
		-DHAVE_GCC_THREAD_LOCAL_STORAGE -DHAVE_SNPRINTF -DHAVE_VSNPRINTF -c build/sources/cmocka/src/cmocka.c -o $@
