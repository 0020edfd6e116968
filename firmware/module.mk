# SPDX-License-Identifier: BSD-2-Clause

firmware-y := \
	firmware/alert_text.c \
	firmware/capture.c \
	firmware/capture_pcap.c \
	firmware/capture_pcapng.c \
	firmware/capture_write.c \
	firmware/eve.c \
	firmware/eve_alert.c \
	firmware/eve_dns.c \
	firmware/eve_extra.c \
	firmware/eve_ssh.c \
	firmware/eve_tls.c \
	firmware/json.c \
	firmware/line.c \
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
