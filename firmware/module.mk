# SPDX-License-Identifier: BSD-2-Clause
#
# What every board's program has, what only the one on Linux has (replaying captures, taking interfaces), and what makes
# an appliance.

firmware-y := \
	firmware/alert_text.c \
	firmware/community_memory.c \
	firmware/eve.c \
	firmware/eve_alert.c \
	firmware/eve_dns.c \
	firmware/eve_extra.c \
	firmware/eve_file.c \
	firmware/eve_smtp.c \
	firmware/eve_ssh.c \
	firmware/eve_tls.c \
	firmware/json.c \
	firmware/line.c \
	firmware/scanner_config.c

firmware-linux-y := \
	firmware/capture.c \
	firmware/capture_pcap.c \
	firmware/capture_pcapng.c \
	firmware/capture_write.c \
	firmware/link_carry.c \
	firmware/main.c \
	firmware/options.c \
	firmware/output.c \
	firmware/pace.c \
	firmware/prefix.c \
	firmware/progress.c \
	firmware/replay.c \
	firmware/replay_options.c \
	firmware/replay_summary.c \
	firmware/replay_tally.c \
	firmware/run.c \
	firmware/run_alarms.c \
	firmware/run_core.c \
	firmware/run_detach.c \
	firmware/run_duties.c \
	firmware/run_links.c \
	firmware/run_options.c \
	firmware/run_ports.c \
	firmware/set_file.c

# What an appliance is made of on every board; on bare metal it is the whole program.
appliance-y := \
	firmware/account.c \
	firmware/alert_servers.c \
	firmware/console.c \
	firmware/console_command.c \
	firmware/console_show.c \
	firmware/data_core.c \
	firmware/dataplane.c \
	firmware/event_line.c \
	firmware/handover.c \
	firmware/management.c \
	firmware/nearest.c \
	firmware/rows.c \
	firmware/signatures.c \
	firmware/supervisor.c

bare-appliance-y := \
	firmware/appliance.c \
	firmware/flash_set.c
