# SPDX-License-Identifier: BSD-2-Clause
#
# The scanner: a pure library, the same sources in the appliance, in the host tool and in the tests.

scanner-y := \
	scanner/address.c \
	scanner/anomaly.c \
	scanner/base64.c \
	scanner/behaviour.c \
	scanner/behaviour_errors.c \
	scanner/behaviour_reply.c \
	scanner/behaviour_server.c \
	scanner/canonical.c \
	scanner/community_id.c \
	scanner/datagram.c \
	scanner/decode.c \
	scanner/distinct.c \
	scanner/dns.c \
	scanner/dns_message.c \
	scanner/event.c \
	scanner/field.c \
	scanner/flow.c \
	scanner/fragment.c \
	scanner/handshake.c \
	scanner/hash/md5.c \
	scanner/hash/merkle.c \
	scanner/hash/sha1.c \
	scanner/hash/sha256.c \
	scanner/hash/siphash.c \
	scanner/hex.c \
	scanner/inspect.c \
	scanner/letter.c \
	scanner/lifecycle.c \
	scanner/login_failures.c \
	scanner/mail.c \
	scanner/mail_field.c \
	scanner/mail_file.c \
	scanner/mail_part.c \
	scanner/mail_value.c \
	scanner/mail_word.c \
	scanner/mime.c \
	scanner/plain.c \
	scanner/policy.c \
	scanner/pool.c \
	scanner/punycode.c \
	scanner/quoted_printable.c \
	scanner/reason.c \
	scanner/release.c \
	scanner/reset.c \
	scanner/scan.c \
	scanner/scanner.c \
	scanner/session.c \
	scanner/set.c \
	scanner/set_open.c \
	scanner/smtp.c \
	scanner/smtp_client.c \
	scanner/smtp_command.c \
	scanner/smtp_data.c \
	scanner/smtp_envelope.c \
	scanner/smtp_match.c \
	scanner/smtp_server.c \
	scanner/smtp_side.c \
	scanner/smtp_transaction.c \
	scanner/ssh.c \
	scanner/ssh_hostkey.c \
	scanner/ssh_ident.c \
	scanner/ssh_kex.c \
	scanner/ssh_login.c \
	scanner/ssh_match.c \
	scanner/ssh_memory.c \
	scanner/ssh_payload.c \
	scanner/stream.c \
	scanner/tcp.c \
	scanner/tls.c \
	scanner/tls_hello.c \
	scanner/tls_ja.c

# Bodies in the architecture's own instructions, those beyond its baseline chosen at start (hal/cpu.h).
scanner-aarch64-y := \
	scanner/hash/sha256_arm.c \
	scanner/scan_arm.c
cflags-scanner/hash/sha256_arm.c := -march=armv8-a+crypto

scanner-x86_64-y := \
	scanner/hash/sha256_x86.c \
	scanner/scan_avx2_x86.c \
	scanner/scan_x86.c
cflags-scanner/hash/sha256_x86.c := -msha -msse4.1
cflags-scanner/scan_avx2_x86.c := -mavx2
