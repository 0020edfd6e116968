# SPDX-License-Identifier: BSD-2-Clause
#
# Unit tests: one cmocka program a file. tests/FOLDER/ is linked against the modules unit-modules-FOLDER.

unit-y := \
	tests/drivers/entropy/virtio_rng_test.c \
	tests/drivers/flash/cfi_test.c \
	tests/drivers/net/af_packet_test.c \
	tests/drivers/net/af_xdp_shared_test.c \
	tests/drivers/net/af_xdp_test.c \
	tests/drivers/net/handover_program_test.c \
	tests/drivers/net/kernel_bridge_program_test.c \
	tests/drivers/net/kernel_bridge_test.c \
	tests/drivers/net/placement_program_test.c \
	tests/drivers/net/virtio_net_fault_test.c \
	tests/drivers/net/virtio_net_test.c \
	tests/drivers/rtc/pl031_test.c \
	tests/drivers/serial/pl011_test.c \
	tests/drivers/virtio/virtio_test.c \
	tests/drivers/watchdog/i6300esb_test.c \
	tests/firmware/account_test.c \
	tests/firmware/alert_servers_test.c \
	tests/firmware/alert_text_test.c \
	tests/firmware/capture_pcapng_test.c \
	tests/firmware/capture_test.c \
	tests/firmware/community_memory_test.c \
	tests/firmware/console_test.c \
	tests/firmware/dataplane_test.c \
	tests/firmware/eve_test.c \
	tests/firmware/event_line_test.c \
	tests/firmware/flash_set_test.c \
	tests/firmware/handover_test.c \
	tests/firmware/json_test.c \
	tests/firmware/line_test.c \
	tests/firmware/link_carry_test.c \
	tests/firmware/management_test.c \
	tests/firmware/nearest_test.c \
	tests/firmware/options_test.c \
	tests/firmware/pace_test.c \
	tests/firmware/rows_test.c \
	tests/firmware/scanner_config_test.c \
	tests/firmware/signatures_test.c \
	tests/firmware/supervisor_test.c \
	tests/hal/aarch64/memory_test.c \
	tests/hal/aarch64/mmu_test.c \
	tests/hal/aarch64/pages_test.c \
	tests/hal/aarch64/report_test.c \
	tests/hal/aarch64/syscalls_test.c \
	tests/hal/clock_test.c \
	tests/hal/cpu_test.c \
	tests/hal/entropy_test.c \
	tests/hal/linux/bpf_code_test.c \
	tests/scanner/base64_test.c \
	tests/scanner/behaviour_errors_test.c \
	tests/scanner/behaviour_flow_test.c \
	tests/scanner/behaviour_reply_test.c \
	tests/scanner/behaviour_test.c \
	tests/scanner/canonical_test.c \
	tests/scanner/community_id_test.c \
	tests/scanner/copy_test.c \
	tests/scanner/decode_checksum_test.c \
	tests/scanner/decode_test.c \
	tests/scanner/distinct_test.c \
	tests/scanner/dns_test.c \
	tests/scanner/event_test.c \
	tests/scanner/field_test.c \
	tests/scanner/flow_test.c \
	tests/scanner/fragment_test.c \
	tests/scanner/glance_test.c \
	tests/scanner/handshake_test.c \
	tests/scanner/hex_test.c \
	tests/scanner/letter_test.c \
	tests/scanner/login_failures_test.c \
	tests/scanner/mail_part_test.c \
	tests/scanner/mail_test.c \
	tests/scanner/md5_test.c \
	tests/scanner/plain_test.c \
	tests/scanner/policy_test.c \
	tests/scanner/pool_test.c \
	tests/scanner/publish_test.c \
	tests/scanner/quarantine_test.c \
	tests/scanner/release_test.c \
	tests/scanner/reset_test.c \
	tests/scanner/scan_test.c \
	tests/scanner/scanner_test.c \
	tests/scanner/session_test.c \
	tests/scanner/set_open_test.c \
	tests/scanner/set_test.c \
	tests/scanner/sha1_test.c \
	tests/scanner/sha256_test.c \
	tests/scanner/sides_test.c \
	tests/scanner/siphash_test.c \
	tests/scanner/smtp_bounds_test.c \
	tests/scanner/smtp_command_test.c \
	tests/scanner/smtp_data_test.c \
	tests/scanner/smtp_odd_test.c \
	tests/scanner/smtp_test.c \
	tests/scanner/ssh_hostkey_test.c \
	tests/scanner/ssh_ident_test.c \
	tests/scanner/ssh_kex_test.c \
	tests/scanner/ssh_login_test.c \
	tests/scanner/ssh_memory_test.c \
	tests/scanner/ssh_roles_test.c \
	tests/scanner/ssh_test.c \
	tests/scanner/stream_test.c \
	tests/scanner/table_full_test.c \
	tests/scanner/tcp_test.c \
	tests/scanner/tls_hello_test.c \
	tests/scanner/tls_ja_test.c \
	tests/scanner/tls_test.c \
	tests/tools/sig_test.c

# What several test programs and fuzz targets build their input with: linked as a module of its own.
fixtures-y := \
	tests/model/bpf.c \
	tests/model/handover.c \
	tests/model/image.c \
	tests/model/registers.c \
	tests/model/virtio.c \
	tests/scanner/frames.c \
	tests/scanner/rig.c

unit-modules-drivers := drivers fixtures hal interface-drivers scanner
unit-modules-firmware := appliance bare-appliance firmware fixtures hal scanner tools
unit-modules-hal := bare fixtures hal
unit-modules-scanner := fixtures scanner tools
unit-modules-tools := tools scanner

# Drivers, and what of hal/aarch64 any compiler builds, reach models of devices and of system registers through the
# headers in tests/model/hal, which stand before those in hal; on bare metal they are compiled for the real ones.
ifneq ($(platform),bare)
$(foreach f,$(bare-y) $(drivers-y) $(filter tests/drivers/% tests/hal/aarch64/%,$(unit-y)) tests/fuzz/virtio_fuzz.c,$(eval cflags-$(f) := -iquote tests/model))
# The host's start-up code has a symbol of this name.
$(foreach f,$(bare-y),$(eval cflags-$(f) += -D__data_start=image_data_start))
endif

# Faults on request, linked into an image of their own by boards that have the hardware for it.
faults-y := \
	tests/faults/acts.c \
	tests/faults/faults.c

# Fuzz targets, linked with whatever they need of all modules.
fuzz-y := \
	tests/fuzz/capture_fuzz.c \
	tests/fuzz/decode_fuzz.c \
	tests/fuzz/dns_fuzz.c \
	tests/fuzz/handover_fuzz.c \
	tests/fuzz/mail_fuzz.c \
	tests/fuzz/set_fuzz.c \
	tests/fuzz/sig_fuzz.c \
	tests/fuzz/smtp_fuzz.c \
	tests/fuzz/smtp_split_fuzz.c \
	tests/fuzz/ssh_fuzz.c \
	tests/fuzz/stream_fuzz.c \
	tests/fuzz/tls_fuzz.c \
	tests/fuzz/virtio_fuzz.c

# Programs that tests/bench/bench.py measures: as the board's program is compiled, so that what is counted is what ships.
# On bare metal they are the board's image with one object more, linked between its own.
bench-linux-y := \
	tests/bench/flood.c \
	tests/bench/scanner_bench.c \
	tests/bench/set_bench.c

bench-bare-y := \
	tests/bench/image/count.c \
	tests/bench/image/no_scanner.c

# What `make size` asks for a board's RAM.
ram-y := tests/bench/ram.c

# Bodies of the hal for variants of the program that tests/bench/variants.py builds.
bench-hal-x86_64-y := tests/bench/cpu_without_sha.c
