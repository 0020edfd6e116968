/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Everything that is reported as an EVE `anomaly` event: (identifier, event,
 * type, layer, text). Type and layer are those of Suricata's schema. An anomaly
 * is reported at most once per flow, or for what a server does over time once per
 * server and window (behaviour.h); the text goes into the manual.
 */
#ifndef SCANNER_ANOMALY_H
#define SCANNER_ANOMALY_H

#define ANOMALY_LIST(X)                                                                           \
	X(ANOMALY_STREAM_CONFLICT, "stream-conflict", "stream", "proto_parser",                   \
	  "a retransmission carried other bytes than those forwarded first")                      \
	X(ANOMALY_STREAM_UNVERIFIED, "stream-unverified", "stream", "proto_parser",               \
	  "a retransmission of bytes that are no longer kept, so it could not be compared")       \
	X(ANOMALY_STREAM_GAP, "stream-gap", "stream", "proto_parser",                             \
	  "the receiver acknowledged bytes that were never seen here")                            \
	X(ANOMALY_STREAM_REORDER, "stream-reorder", "stream", "proto_parser",                     \
	  "more out-of-order data than the reordering bound holds")                               \
	X(ANOMALY_STREAM_URGENT, "stream-urgent", "stream", "proto_parser",                       \
	  "urgent data in an inspected stream; read as ordinary data")                            \
	X(ANOMALY_STREAM_DATA_ON_SYN, "stream-data-on-syn", "stream", "proto_parser",             \
	  "a SYN that carries data")                                                              \
	X(ANOMALY_STREAM_SPLIT_HANDSHAKE, "stream-split-handshake", "stream", "proto_parser",     \
	  "the responder answered a SYN with a SYN of its own")                                   \
	X(ANOMALY_STREAM_RST_IGNORED, "stream-data-after-reset", "stream", "proto_parser",        \
	  "data went on after a reset or an end of stream")                                       \
	X(ANOMALY_BAD_CHECKSUM, "bad-checksum", "stream", "proto_parser",                         \
	  "a segment of an inspected flow with a wrong checksum")                                 \
	X(ANOMALY_FRAGMENT_OVERLAP, "fragment-overlap", "decode", "proto_parser",                 \
	  "overlapping fragments of one datagram")                                                \
	X(ANOMALY_SSH_IDENT_OVERSIZE, "ssh-ident-oversize", "applayer", "proto_parser",           \
	  "an identification line longer than the 255 bytes of RFC 4253")                         \
	X(ANOMALY_SSH_PRE_IDENT_LINES, "ssh-pre-ident-lines", "applayer", "proto_parser",         \
	  "lines before the server's identification")                                             \
	X(ANOMALY_SSH_MALFORMED, "ssh-malformed", "applayer", "proto_parser",                     \
	  "a packet that is not SSH after a valid identification")                                \
	X(ANOMALY_SSH_KEXINIT_OVERSIZE, "ssh-kexinit-oversize", "applayer", "proto_parser",       \
	  "a KEXINIT larger than is kept: no hassh")                                              \
	X(ANOMALY_SSH_REVERSE, "ssh-reverse", "applayer", "proto_detect",                         \
	  "the side that opened the connection is the SSH server")                                \
	X(ANOMALY_SSH_LOGIN_FAILURES, "ssh-login-failures", "applayer", "proto_parser",           \
	  "more failed logins from one peer to one server than the threshold")                    \
	X(ANOMALY_DNS_MALFORMED, "dns-malformed", "applayer", "proto_parser",                     \
	  "traffic of the DNS port that does not parse as DNS")                                   \
	X(ANOMALY_TLS_HELLO_OVERSIZE, "tls-hello-oversize", "applayer", "proto_parser",           \
	  "a ClientHello larger than is kept, or a list in it: not all of it was matched")        \
	X(ANOMALY_TLS_MALFORMED, "tls-malformed", "applayer", "proto_parser",                     \
	  "a ClientHello that cannot be read")                                                    \
	X(ANOMALY_MAIL_NESTING, "mail-nesting", "applayer", "proto_parser",                       \
	  "multiparts within each other beyond the bounds: their parts are not told apart")       \
	X(ANOMALY_MAIL_HASH_BUDGET, "mail-hash-budget", "applayer", "proto_parser",               \
	  "more bytes of attachments in one flow than are hashed")                                \
	X(ANOMALY_SMTP_REVERSE, "smtp-reverse", "applayer", "proto_detect",                       \
	  "the side that opened the connection is the SMTP server")                               \
	X(ANOMALY_SMTP_MALFORMED, "smtp-malformed", "applayer", "proto_parser",                   \
	  "a line of the SMTP server that is no reply")                                           \
	X(ANOMALY_SMTP_LINE_OVERSIZE, "smtp-line-oversize", "applayer", "proto_parser",           \
	  "an SMTP command longer than 2,048 bytes; the rest was not read")                       \
	X(ANOMALY_SMTP_BARE_LINE_FEED, "smtp-bare-line-feed", "applayer", "proto_parser",         \
	  "an SMTP command that ends with a line feed alone")                                     \
	X(ANOMALY_SMTP_NUL, "smtp-nul", "applayer", "proto_parser",                               \
	  "an SMTP command with a NUL in it")                                                     \
	X(ANOMALY_SMTP_BDAT_MALFORMED, "smtp-bdat-malformed", "applayer", "proto_parser",         \
	  "a BDAT whose size cannot be read: what follows is taken for commands")                 \
	X(ANOMALY_SMTP_END_OF_DATA_LOOKALIKE, "smtp-end-of-data-lookalike", "applayer",           \
	  "proto_parser", "bytes in a mail that some servers take for its end")                   \
	X(ANOMALY_SMTP_STARTTLS_INJECTION, "smtp-starttls-injection", "applayer", "proto_parser", \
	  "commands in clear behind STARTTLS, which was accepted")                                \
	X(ANOMALY_SMTP_UNSYNCHRONIZED, "smtp-unsynchronized", "applayer", "proto_parser",         \
	  "more sent ahead of a reply than is held; what it means was guessed")                   \
	X(ANOMALY_QUARANTINE_FULL, "quarantine-full", "applayer", "proto_parser",                 \
	  "the configured number of servers is in quarantine; acted as drop")                     \
	X(ANOMALY_SMTP_FIRST, "smtp-first", "applayer", "proto_parser",                           \
	  "the first mail of a server that has sent none since the start")                        \
	X(ANOMALY_SMTP_MAILS, "smtp-mails", "applayer", "proto_parser",                           \
	  "more mails from one server than the threshold")                                        \
	X(ANOMALY_SMTP_SENDERS, "smtp-senders", "applayer", "proto_parser",                       \
	  "more different sender addresses from one server than the threshold")                   \
	X(ANOMALY_SMTP_RECIPIENTS, "smtp-recipients", "applayer", "proto_parser",                 \
	  "more different recipients from one server than the threshold")                         \
	X(ANOMALY_SMTP_DOMAINS, "smtp-domains", "applayer", "proto_parser",                       \
	  "more different recipient domains from one server than the threshold")                  \
	X(ANOMALY_SMTP_SERVERS, "smtp-servers", "applayer", "proto_parser",                       \
	  "one server sent mail to more different mail servers than the threshold")               \
	X(ANOMALY_SMTP_REFUSALS, "smtp-refusals", "applayer", "proto_parser",                     \
	  "other mail servers refuse most of what one server sends")                              \
	X(ANOMALY_SMTP_UNKNOWN_USERS, "smtp-unknown-users", "applayer", "proto_parser",           \
	  "more recipients that do not exist, from one server, than the threshold")               \
	X(ANOMALY_SMTP_HELO_CHANGES, "smtp-helo-changes", "applayer", "proto_parser",             \
	  "one server calls itself by more different names than the threshold")                   \
	X(ANOMALY_SMTP_BLOCKLISTED, "smtp-blocklisted", "applayer", "proto_parser",               \
	  "a mail server refused one of ours and spoke of a block list")                          \
	X(ANOMALY_SMTP_ERROR_FLOOD, "smtp-error-flood", "applayer", "proto_parser",               \
	  "many error mails, or mails of one subject, from one server to a few people")           \
	X(ANOMALY_SSH_FIRST_OUTBOUND, "ssh-first-outbound", "applayer", "proto_parser",           \
	  "the first SSH connection that a server opens since the start")                         \
	X(ANOMALY_SSH_OUTBOUND_TARGETS, "ssh-outbound-targets", "applayer", "proto_parser",       \
	  "SSH from one server to more different hosts than the threshold")                       \
	X(ANOMALY_SSH_OUTBOUND_SCAN, "ssh-outbound-scan", "applayer", "proto_parser",             \
	  "the same over a longer time, as in a slow scan")                                       \
	X(ANOMALY_DNS_MX_QUERIES, "dns-mx-queries", "applayer", "proto_parser",                   \
	  "one server asks for more mail servers (MX) than the threshold")

#define ANOMALY_ENUM(id, event, type, layer, text) id,
enum anomaly { ANOMALY_LIST(ANOMALY_ENUM) ANOMALY_COUNT };
#undef ANOMALY_ENUM

struct anomaly_info {
	const char *event;
	const char *type;
	const char *layer;
	const char *text;
};

const struct anomaly_info *anomaly_info(enum anomaly anomaly);

#endif
