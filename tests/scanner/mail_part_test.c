/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * MIME parts: names in all their forms, boundaries and what looks like them, nested
 * multiparts and messages, transfer encodings, the budget of hashed bytes; at every
 * split. Which bytes belong to an attachment is what Python's email package says of
 * the same messages (get_payload(decode=True)); the digests' beginnings are sha256sum's.
 */
#include "tests/scanner/mail_stage.h"

#define HELLO "a591a6d4" /* Hello World */
#define EMPTY "e3b0c442"
#define ABC "ba7816bf" /* abc */
#define MIXED(boundary) "Content-Type: multipart/mixed; boundary=" boundary "\r\n\r\n"
#define ATTACHED "Content-Disposition: attachment\r\n"
#define BASE64 "Content-Transfer-Encoding: base64\r\n"
#define QUOTED "Content-Transfer-Encoding: quoted-printable\r\n"

/* The lines of attachments alone. */
static void files_only(void)
{
	stage.set.fields = 0;
}

/* What is seen of a message but for what is described at its end. */
static void assert_files(const char *message, size_t length, const char *expected)
{
	char whole[4096];

	play((const uint8_t *)message, length, 0, false);
	const char *description = strstr(stage.seen.text, "Attachment ");
	const char *shape = strstr(stage.seen.text, "Shape ");
	const char *order = strstr(stage.seen.text, "Order ");

	description = description == NULL || (shape != NULL && shape < description) ? shape :
										      description;
	description = description == NULL || (order != NULL && order < description) ? order :
										      description;
	assert_true(strlen(expected) < sizeof(whole) / 2);
	sprintf(whole, "%s%.2000s", expected, description != NULL ? description : "");
	assert_seen(message, length, whole);
}

#define ASSERT_FILES(message, expected) assert_files(message, sizeof(message) - 1, expected)

static void mail_feed_attachment_is_matched_and_reported(void **state)
{
	(void)state;
	ASSERT_SEEN(
		MIXED("\"=_Ab12--\"") "preamble\r\n"
				      "--=_Ab12--\r\n"
				      "Content-Type: text/plain\r\n\r\nnot one\r\n"
				      "--=_Ab12--\r\n" BASE64
				      "Content-Disposition: attachment; filename=\" A.PDF \"\r\n\r\n"
				      "SGVsbG8g\r\nV29ybGQ=\r\n"
				      "--=_Ab12----\r\nepilogue\r\n--=_Ab12--\r\n",
		"boundary.shape =_A1a192--\n"
		"header.order content-type\n"
		"attachment.name a.pdf\n"
		"attachment.sha256 "
		"a591a6d40bf420404a011733cfb7b190d62c65bf0bcda32b57b277d9ad9f146e\n"
		"file  A.PDF  11 closed " HELLO "\n"
		"Shape =_A1a192--\n"
		"Attachment  A.PDF \n"
		"Order content-type\n");
}

static void mail_feed_names_in_all_their_forms(void **state)
{
	static const struct {
		const char *fields, *name;
	} cases[] = {
		{ "Content-Disposition: inline; filename=a.pdf", "a.pdf" },
		{ "Content-Disposition:attachment;FILENAME = \"a b.pdf\"", "a b.pdf" },
		{ "Content-Disposition: attachment; filename=a b.pdf ; x=y", "a b.pdf" },
		{ "Content-Disposition: attachment; filename=a(1).pdf (comment)", "a(1).pdf" },
		{ "Content-Disposition: (a; filename=b) attachment (;) ; (c) filename (d) = \"e\"",
		  "e" },
		{ "Content-Disposition: attachment; filename=\"a\\\"b\\\\c;d\"; size=1",
		  "a\"b\\c;d" },
		{ "Content-Disposition: attachment; filename=\"open", "open" },
		{ "Content-Disposition: attachment; filename=\"fold\r\n ed\"", "fold ed" },
		{ "Content-Type: application/pdf; name=a", "a" },
		{ "Content-Type: a/b; name=a\r\nContent-Disposition: attachment; filename=b", "b" },
		{ "Content-Disposition: attachment; filename=b\r\nContent-Type: a/b; name=a", "b" },
		{ "Content-Disposition: attachment\r\nContent-Type: a/b; name=a", "a" },
		{ "Content-Disposition: attachment; filename*=utf-8'en'%e2%82%ac%20a",
		  "\xe2\x82\xac a" },
		{ "Content-Disposition: attachment; filename*=ISO-8859-1''%A3%zz%4",
		  "\xc2\xa3%zz%4" },
		{ "Content-Disposition: attachment; filename=b; filename*=utf-8''a", "a" },
		{ "Content-Disposition: attachment; filename*0=a; filename*1=\"b c\"", "ab c" },
		{ "Content-Disposition: attachment; filename*1*=%42; filename*0*=UTF-8''%41;\r\n"
		  " filename*2=%43; filename*4=no",
		  "AB%43" },
		{ "Content-Disposition: attachment; filename*1=b", "" },
		{ "Content-Disposition: attachment; filename*0*=windows-1252''%80; filename*1*=%e4",
		  "\xe2\x82\xac\xc3\xa4" },
		{ "Content-Disposition: attachment; filename*=x-unknown''%ff", "\xff" },
		{ "Content-Disposition: attachment; filename*=%41", "A" },
		{ "Content-Disposition: attachment; filename=\"=?utf-8?B?w6Q=?=\r\n =?utf-8?q?=C3=B6?=\"",
		  "\xc3\xa4\xc3\xb6" },
		{ "Content-Disposition: attachment; filename=\"\xc3\xa4\"", "\xc3\xa4" },
		{ "Content-Disposition: attachment", "" },
		{ "Content-Disposition: attachment; filenames=a; xfilename=b; filename", "" },
		{ "Content-Disposition: attachment; filename=\"\"", "" },
	};

	(void)state;
	files_only();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char message[400], expected[100];
		int length = sprintf(message, MIXED("b") "--b\r\n%s\r\n\r\nabc\r\n--b--\r\n",
				     cases[i].fields);

		sprintf(expected, "file %s 3 closed " ABC "\n", cases[i].name);
		assert_files(message, (size_t)length, expected);
	}
}

static void mail_feed_name_too_long_is_cut(void **state)
{
	static char message[3000], expected[3000];
	size_t length, n;

	(void)state;
	files_only();
	length = (size_t)sprintf(message, "Content-Disposition: attachment; filename=");
	memset(message + length, 'n', 600);
	length += 600;
	length += (size_t)sprintf(message + length, "\r\n\r\nabc");
	n = (size_t)sprintf(expected, "file ");
	memset(expected + n, 'n', 510);
	n += 510;
	sprintf(expected + n, " 3 closed " ABC "\n");
	assert_files(message, length, expected);
}

static void mail_feed_bodies_that_are_no_attachments_are_passed(void **state)
{
	(void)state;
	files_only();
	ASSERT_FILES("Content-Type: text/plain\r\n\r\nabc", "");
	ASSERT_FILES("Content-Disposition: inline\r\n\r\nabc", "");
	ASSERT_FILES(MIXED("b") "--b\r\n\r\nabc\r\n--b\r\nContent-Type: a/b\r\n\r\n--b--", "");
	ASSERT_FILES("\r\n--b\r\n" ATTACHED "\r\nabc", "");
	/* a multipart without a boundary is none */
	ASSERT_FILES("Content-Type: multipart/mixed\r\n\r\n--\r\n" ATTACHED "\r\nabc", "");
}

static void mail_feed_message_of_one_part_may_be_the_attachment(void **state)
{
	(void)state;
	files_only();
	ASSERT_FILES(ATTACHED "\r\nabc", "file  3 closed " ABC "\n");
	/* every byte of it, the last line's end, too: "one\r\n-two\r\n" */
	ASSERT_FILES("Content-Type: a/b; name=c\r\n\r\none\r\n-two\r\n",
		     "file c 11 closed 396c455d\n");
	ASSERT_FILES(ATTACHED BASE64 "\r\nSGVsbG8gV29ybGQ=\r\n", "file  11 closed " HELLO "\n");
	ASSERT_FILES(ATTACHED, "file  0 closed " EMPTY "\n");
	ASSERT_FILES(ATTACHED "\r\n", "file  0 closed " EMPTY "\n");
	ASSERT_FILES(ATTACHED "no field\r\n", "file  10 closed 9d074169\n");
}

static void mail_feed_line_end_before_a_boundary_is_not_of_the_part(void **state)
{
	(void)state;
	files_only();
	ASSERT_FILES(MIXED("b") "--b\r\n" ATTACHED "\r\nabc\r\n--b--\r\n",
		     "file  3 closed " ABC "\n");
	ASSERT_FILES(MIXED("b") "--b\n" ATTACHED "\nabc\n--b--\n", "file  3 closed " ABC "\n");
	/* "one\r\n-two\r\n" and its line's end */
	ASSERT_FILES(MIXED("b") "--b\r\n" ATTACHED "\r\none\r\n-two\r\n\r\n--b--\r\n",
		     "file  11 closed 396c455d\n");
	/* "a\0b\xff\r": a CR alone ends nothing */
	ASSERT_FILES(MIXED("b") "--b\r\n" ATTACHED "\r\na\0b\xff\r\r\n--b--\r\n",
		     "file  5 closed 0bec034d\n");
	ASSERT_FILES(MIXED("b") "--b\r\n" ATTACHED "\r\n--b--\r\n", "file  0 closed " EMPTY "\n");
	ASSERT_FILES(MIXED("b") "--b\r\n" ATTACHED "--b--\r\n", "file  0 closed " EMPTY "\n");
	ASSERT_FILES(MIXED("a:b") "--a:b\r\n" ATTACHED "--a:b--\r\n", "file  0 closed " EMPTY "\n");
	/* without an end */
	ASSERT_FILES(MIXED("b") "--b\r\n" ATTACHED "\r\nabc\r\n", "file  3 closed " ABC "\n");
	ASSERT_FILES(MIXED("b") "--b\r\n" ATTACHED "\r\nabc\r\n--b", "file  3 closed " ABC "\n");
	ASSERT_FILES(MIXED("b") "--b\r\n" ATTACHED "\r\nabc\r\n--b--", "file  3 closed " ABC "\n");
}

static void mail_feed_lines_like_boundaries_are_content(void **state)
{
	(void)state;
	files_only();
	/* each has the digest of what stands between the header block and the last line's end */
	ASSERT_FILES(MIXED("bb") "--bb\r\n" ATTACHED "\r\n--b\r\n--bbb\r\n --bb\r\n--bb-\r\n"
				 "--bb--x\r\n--bb x\r\nx--bb\r\n-bb\r\n"
				 "--bB\r\r\n--bb\rx\r\n\r--bb\r\n\0--bb\r\n--\r\n-\r\n--bb--\r\n",
		     "file  89 closed eb591f4c\n");
}

static void mail_feed_boundary_lines_may_end_with_white_space(void **state)
{
	static const struct {
		size_t spaces;
	} cases[] = { { 1 }, { 235 }, { 236 }, { 237 }, { 238 }, { 239 }, { 600 } };

	(void)state;
	files_only();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		static char message[4096];
		size_t length = (size_t)sprintf(message, MIXED("b") "--b\t");

		memset(message + length, ' ', cases[i].spaces);
		length += cases[i].spaces;
		length += (size_t)sprintf(message + length, "\r\n" ATTACHED "\r\nabc\r\n--b--");
		memset(message + length, ' ', cases[i].spaces);
		length += cases[i].spaces;
		length += (size_t)sprintf(message + length, "\r\n--b\r\n" ATTACHED "\r\n\r\n");
		assert_files(message, length, "file  3 closed " ABC "\n");
	}
}

static void mail_feed_nested_multiparts_end_with_the_outer_one(void **state)
{
	(void)state;
	files_only();
	ASSERT_FILES(
		MIXED("b") "--b\r\n" MIXED("bc") "--bc\r\n" ATTACHED "\r\nabc\r\n"
						 "--bc--\r\nepilogue\r\n--bc\r\n--b\r\n" ATTACHED
						 "\r\n--bc\r\n--b--\r\n",
		"file  3 closed " ABC "\nfile  4 closed d8f14657\n");
	/* the inner one is not closed */
	ASSERT_FILES(MIXED("bc") "--bc\r\n" MIXED("b") "--b\r\n" ATTACHED "\r\nabc\r\n"
						       "--bc\r\n" ATTACHED "\r\nabc\r\n--bc--\r\n",
		     "file  3 closed " ABC "\nfile  3 closed " ABC "\n");
}

static void mail_feed_messages_within_are_read(void **state)
{
	(void)state;
	files_only();
	ASSERT_SEEN(MIXED("b") "--b\r\nContent-Type: message/rfc822; name=m.eml\r\n\r\n"
			       "Subject: inner\r\nX-PHP-Originating-Script: 0:a\r\n"
			       "Content-Type: multipart/mixed; boundary=c\r\n\r\n"
			       "--c\r\n" ATTACHED "\r\nabc\r\n--c--\r\n\r\n--b--\r\n",
		    "file  3 closed " ABC "\n"
		    "Shape a1\nAttachment m.eml\nShape a1\nOrder content-type\n");
	/* in a digest that is what a part is */
	ASSERT_FILES("Content-Type: multipart/digest; boundary=b\r\n\r\n--b\r\n\r\n" ATTACHED
		     "\r\nabc\r\n--b\r\nContent-Type: text/plain\r\n\r\n" ATTACHED
		     "\r\nabc\r\n--b--",
		     "file  3 closed " ABC "\n");
	/* a line that is no field belongs to the body within */
	ASSERT_FILES("Content-Type: message/rfc822\r\n\r\n" ATTACHED "no field",
		     "file  8 closed 4aed2149\n");
	ASSERT_FILES("Content-Type: message/rfc822\r\nno field", "");
	/* one that is encoded cannot be read on the way */
	ASSERT_FILES("Content-Type: message/rfc822; name=m\r\n" BASE64 "\r\nYWJj",
		     "file m 3 closed " ABC "\n");
}

static void mail_feed_nesting_is_bounded(void **state)
{
	static char message[8192];
	size_t length = 0;

	(void)state;
	files_only();
	for (int depth = 1; depth <= 8; depth++) {
		length += (size_t)sprintf(message + length,
					  "Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n",
					  depth, depth);
	}
	assert_int_equal(length + sizeof(ATTACHED "\nabc\n--b8--") - 1,
			 (size_t)sprintf(message + length, ATTACHED "\nabc\n--b8--") + length);
	begin_message();
	mail_feed(&stage.mail, &stage.inspection, (const uint8_t *)message, strlen(message));
	end_message();
	assert_ptr_equal(strstr(stage.seen.text, "file  3 closed " ABC "\n"), stage.seen.text);
	sprintf(message + length, "Content-Type: multipart/mixed; boundary=b9\n\n--b9\n" ATTACHED
				  "\nabc\n--b8\n" ATTACHED "\nabc\n--b8--");
	begin_message();
	mail_feed(&stage.mail, &stage.inspection, (const uint8_t *)message, strlen(message));
	end_message();
	assert_ptr_equal(strstr(stage.seen.text,
				"anomaly mail-nesting\nfile  3 closed " ABC "\nShape"),
			 stage.seen.text);
}

static void mail_feed_boundaries_are_bounded(void **state)
{
	static char message[2000];

	(void)state;
	files_only();
	for (size_t size = 199; size <= 201; size++) {
		size_t length = (size_t)sprintf(message, "Content-Type: multipart/x; boundary=");

		memset(message + length, 'b', size);
		length += size;
		length += (size_t)sprintf(message + length, "\n\n--");
		memset(message + length, 'b', size);
		length += size;
		length += (size_t)sprintf(message + length, "\n" ATTACHED "\nabc");
		assert_files(message, length,
			     size <= 200 ? "file  3 closed " ABC "\n" : "anomaly mail-nesting\n");
	}
}

static void mail_feed_transfer_encodings_are_decoded(void **state)
{
	static const struct {
		const char *encoding, *body, *expected;
	} cases[] = {
		{ "base64", "SGVsbG8gV29ybGQ=", "11 closed " HELLO },
		{ "BASE64 (comment)",
		  "SGVs\r\n\r\nbG8gV\r\n29yb\r\nG\r\nQ\r\n=", "11 closed " HELLO },
		{ "base64", " S-G_V!s\tbG8gV29ybGQ", "11 closed " HELLO },
		{ "base64", "SGVsbG8gV29ybGQ=SGVsbG8gV29ybGQ=", "11 closed " HELLO },
		{ "base64", "=S=GVsbG8=gV29ybGQ", "5 closed 185f8db3" },
		{ "base64", "YWJj====", "3 closed " ABC },
		{ "base64", "YWJjY", "3 closed " ABC },
		{ "base64", "", "0 closed " EMPTY },
		{ "base64", "=====", "0 closed " EMPTY },
		{ "quoted-printable", "=61b=\r\n=63", "3 closed " ABC },
		{ "Quoted-Printable", "a=\nb= \r\nc==d=g1=4g=4=41", "18 closed 2aa2642a" },
		{ "quoted-printable", "abc=", "3 closed " ABC },
		{ "quoted-printable", "Gr=C3=BC=C3=9Fe =3d ja\r\nlong =\r\nline",
		  "23 closed a1f53af1" },
		{ "quoted-printable", "abc=4", "5 closed ebbf667a" },
		{ "7bit", "abc", "3 closed " ABC },
		{ "8BIT", "abc", "3 closed " ABC },
		{ "binary", "abc", "3 closed " ABC },
		{ "x-uuencode", "abc", "3 closed " ABC },
		{ "base64x", "abc", "3 closed " ABC },
	};

	(void)state;
	files_only();
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char message[400], expected[100];
		int length = sprintf(message,
				     MIXED("b") "--b\r\n" ATTACHED
						"Content-Transfer-Encoding: %s\r\n\r\n%s\r\n--b--",
				     cases[i].encoding, cases[i].body);

		sprintf(expected, "file  %s\n", cases[i].expected);
		assert_files(message, (size_t)length, expected);
		/* without hashing the size is the same */
		stage.budget = 0;
		*strrchr(expected, ' ') = '\0';
		strcat(expected, " -\n");
		assert_files(message, (size_t)length, expected);
		stage.budget = 1000000;
	}
}

static void mail_feed_each_attachment_begins_anew(void **state)
{
	(void)state;
	files_only();
	ASSERT_FILES(MIXED("b") "--b\n" ATTACHED BASE64 "\nYWJjYW=\n--b\n" ATTACHED BASE64
				"\nYWJj\n--b\n" ATTACHED QUOTED "\nabc=4\n--b\n" ATTACHED QUOTED
				"\nabc\n--b--\n",
		     "file  4 closed 5c3f67b7\nfile  3 closed " ABC "\nfile  5 closed ebbf667a\n"
		     "file  3 closed " ABC "\n");
}

static void mail_feed_budget_is_the_flows(void **state)
{
	static const char message[] = MIXED("b") "--b\n" ATTACHED "\nabc\n--b\n" ATTACHED BASE64
						 "\nYWJj\n--b\n" ATTACHED "\nabcd\n--b--\n";

	(void)state;
	files_only();
	stage.budget = 10;
	ASSERT_FILES(MIXED("b") "--b\n" ATTACHED "\nabc\n--b\n" ATTACHED BASE64
				"\nYWJj\n--b\n" ATTACHED "\nabcd\n--b--\n",
		     "file  3 closed " ABC "\nfile  3 closed " ABC "\nfile  4 closed 88d4266f\n");
	stage.budget = 5;
	ASSERT_FILES(MIXED("b") "--b\n" ATTACHED "\nabc\n--b\n" ATTACHED BASE64
				"\nYWJj\n--b\n" ATTACHED "\nx\n--b--\n",
		     "file  3 closed " ABC "\nanomaly mail-hash-budget\nfile  3 closed -\n"
		     "anomaly mail-hash-budget\nfile  1 closed -\n");
	/* another message of the flow has what this one left */
	stage.budget = 12;
	mail_init(&stage.mail);
	play((const uint8_t *)message, sizeof(message) - 1, 0, false);
	assert_null(strstr(stage.seen.text, "anomaly"));
	play((const uint8_t *)message, sizeof(message) - 1, 0, false);
	assert_ptr_equal(strstr(stage.seen.text, "anomaly mail-hash-budget\nfile  3 closed -\n"),
			 stage.seen.text);
}

static void mail_end_incomplete_truncates_the_attachment(void **state)
{
	(void)state;
	files_only();
	stage.complete = false;
	ASSERT_FILES(MIXED("b") "--b\r\n" ATTACHED "\r\nabc", "file  3 truncated -\n");
	ASSERT_FILES(MIXED("b") "--b\r\n" ATTACHED "\r\nabc\r\n--b", "file  8 truncated -\n");
	ASSERT_FILES(MIXED("b") "--b\r\n" ATTACHED "\r\nabc\r\n--b\r\n",
		     "file  3 closed " ABC "\n");
	ASSERT_FILES(MIXED("b") "--b\r\n" ATTACHED, "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
#define CASE(name) cmocka_unit_test_setup(name, set_stage)
		CASE(mail_feed_attachment_is_matched_and_reported),
		CASE(mail_feed_names_in_all_their_forms),
		CASE(mail_feed_name_too_long_is_cut),
		CASE(mail_feed_bodies_that_are_no_attachments_are_passed),
		CASE(mail_feed_message_of_one_part_may_be_the_attachment),
		CASE(mail_feed_line_end_before_a_boundary_is_not_of_the_part),
		CASE(mail_feed_lines_like_boundaries_are_content),
		CASE(mail_feed_boundary_lines_may_end_with_white_space),
		CASE(mail_feed_nested_multiparts_end_with_the_outer_one),
		CASE(mail_feed_messages_within_are_read),
		CASE(mail_feed_nesting_is_bounded),
		CASE(mail_feed_boundaries_are_bounded),
		CASE(mail_feed_transfer_encodings_are_decoded),
		CASE(mail_feed_each_attachment_begins_anew),
		CASE(mail_feed_budget_is_the_flows),
		CASE(mail_end_incomplete_truncates_the_attachment),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
