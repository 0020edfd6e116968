/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * An attachment while its bytes go by: decoded, counted, hashed, and reported as one
 * `fileinfo` event. A flow has a budget of bytes to hash; beyond it an attachment has
 * its size but no hash. Internal to mail.c.
 */
#ifndef SCANNER_MAIL_FILE_H
#define SCANNER_MAIL_FILE_H

#include "scanner/base64.h"
#include "scanner/hash/sha256.h"
#include "scanner/inspect.h"
#include "scanner/quoted_printable.h"

struct mail_file {
	uint64_t hashed; /* bytes, of the whole flow: counts against its budget */
	uint64_t size; /* bytes decoded */
	struct text name;
	bool open;
	bool hashing;
	uint8_t encoding; /* enum mime_encoding */
	uint8_t sender; /* enum direction */
	uint8_t line_end[2]; /* that came last and waits: it may belong to a boundary */
	uint8_t line_end_length;
	union {
		struct base64 base64;
		struct quoted_printable quoted;
	} decoder;
	struct sha256 hash;
};

/* Takes over `name`. */
void mail_file_open(struct mail_file *file, struct inspection *inspection, uint8_t encoding,
		    struct text *name);
/* The next bytes of the part's body, of a file that is open. */
void mail_file_feed(struct mail_file *file, struct inspection *inspection, const uint8_t *bytes,
		    size_t length);
/* No more bytes come: matches the hash and writes the event. `line_end`: the last line's end is
 * the file's, not a boundary's. Nothing happens when none is open. */
void mail_file_close(struct mail_file *file, struct inspection *inspection, enum file_state state,
		     bool line_end);

#endif
