# SPDX-License-Identifier: BSD-2-Clause

firmware-y := \
	firmware/capture.c \
	firmware/capture_pcap.c \
	firmware/capture_pcapng.c \
	firmware/capture_write.c \
	firmware/main.c \
	firmware/output.c \
	firmware/prefix.c \
	firmware/progress.c \
	firmware/replay.c \
	firmware/replay_options.c \
	firmware/replay_summary.c \
	firmware/replay_tally.c \
	firmware/scanner_config.c \
	firmware/set_file.c
