# SPDX-License-Identifier: BSD-2-Clause

firmware-y := \
	firmware/capture.c \
	firmware/capture_pcap.c \
	firmware/capture_pcapng.c
