/* SPDX-License-Identifier: BSD-2-Clause */
/* The breaks of rows.h. */
#include "firmware/rows.h"

/* Bytes of UTF-8 that begin no letter take no column. */
static bool is_column(char byte)
{
	return ((unsigned char)byte & 0xc0) != 0x80;
}

/* How many bytes make the next row, at most `columns` wide if it can be. */
static size_t row_length(const struct rows *rows, size_t columns)
{
	size_t words = 0, parts = 0, column = 0; /* where words and parts end; columns so far */

	for (size_t at = 0; at < rows->length; at++) {
		const char *here = rows->text + at;
		bool end = at != 0 && here[0] == ' ' && here[-1] != ' ';

		if (column > columns && (words != 0 || end)) {
			return parts != 0 ? parts : words != 0 ? words : at;
		}
		if (end) {
			words = at;
			parts = at + 1 < rows->length && here[1] == ' ' ? at : parts;
		}
		column += is_column(*here);
	}
	if (column <= columns || words == 0) {
		return rows->length;
	}
	return parts != 0 ? parts : words;
}

bool rows_next(struct rows *rows, struct row *row)
{
	row->indent = rows->begun ? ROW_INDENT : "";
	row->text = rows->text;
	row->length = row_length(rows, ROW_COLUMNS - (rows->begun ? sizeof(ROW_INDENT) - 1 : 0));
	rows->text += row->length;
	rows->length -= row->length;
	while (rows->length != 0 && *rows->text == ' ') {
		rows->text++;
		rows->length--;
	}
	rows->begun = true;
	return row->length != 0;
}
