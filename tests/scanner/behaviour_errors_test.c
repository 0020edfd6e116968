/* SPDX-License-Identifier: BSD-2-Clause */
/* A flood of error mails is told apart from a list mailing, a spam run and everyday mail. */
#include "tests/scanner/behaviour_stage.h"

struct sent {
	const char *subject;
	uint32_t recipient; /* the first */
	uint32_t recipients; /* 0: one */
	bool null_sender, automatic, list;
};

static void send(const struct sent *mail)
{
	static struct mail_facts facts;
	char recipient[32];
	int n = snprintf(recipient, sizeof(recipient), "user%u@a.example",
			 (unsigned)mail->recipient);

	facts.list = mail->list;
	facts.auto_submitted = mail->automatic;
	facts.subject_length = strlen(mail->subject);
	memcpy(facts.subject, mail->subject, facts.subject_length);
	const struct behaviour_message message = {
		.null_sender = mail->null_sender,
		.recipients = mail->recipients != 0 ? mail->recipients : 1,
		.recipient = (const uint8_t *)recipient,
		.recipient_length = (size_t)n,
		.facts = &facts,
	};

	behaviour_smtp_message(&stage.inspection, TO_RESPONDER, &message);
}

static void send_many(struct sent mail, uint32_t count, uint32_t people)
{
	for (uint32_t i = 0; i < count; i++) {
		mail.recipient = i % people;
		send(&mail);
	}
}

static uint32_t floods(void)
{
	return seen(ANOMALY_SMTP_ERROR_FLOOD);
}

static void flood_of_one_subject_is_reported_at_the_threshold(void **state)
{
	(void)state;
	begin();
	send_many((struct sent){ .subject = "Cron <root@web3> backup" }, 30, 1);
	assert_int_equal(floods(), 0);
	send_many((struct sent){ .subject = "Cron <root@web3> backup" }, 1, 1);
	assert_int_equal(floods(), 1);
	assert_int_equal(stage.last.count, 31);
	assert_int_equal(stage.last.window_s, 600);
	send_many((struct sent){ .subject = "Cron <root@web3> backup" }, 100, 1);
	assert_int_equal(floods(), 1);
	at(601);
	send_many((struct sent){ .subject = "Cron <root@web3> backup" }, 31, 1);
	assert_int_equal(floods(), 2);
}

static void flood_with_null_sender_is_reported_whatever_the_subjects(void **state)
{
	(void)state;
	for (unsigned automatic = 0; automatic < 2; automatic++) {
		begin();
		for (unsigned i = 0; i < 31; i++) {
			char subject[] = "error x in y";

			subject[6] = (char)('a' + i);
			assert_int_equal(floods(), 0);
			send(&(struct sent){ .subject = subject,
					     .null_sender = automatic == 0,
					     .automatic = automatic != 0 });
		}
		assert_int_equal(floods(), 1);
	}
}

static void numbers_in_a_subject_do_not_matter(void **state)
{
	(void)state;
	begin();
	for (unsigned i = 0; i < 31; i++) {
		char subject[64];

		snprintf(subject, sizeof(subject), "PHP error #%u at line %u", i * 37, i);
		send(&(struct sent){ .subject = subject });
	}
	assert_int_equal(floods(), 1);
}

static void flood_to_as_many_people_as_allowed_is_reported(void **state)
{
	(void)state;
	begin();
	send_many((struct sent){ .subject = "error" }, 31, 5);
	assert_int_equal(floods(), 1);
	begin();
	send_many((struct sent){ .subject = "error" }, 1000, 6);
	assert_int_equal(floods(), 0);
}

static void list_mailing_is_not_a_flood(void **state)
{
	(void)state;
	begin();
	/* one mail for each reader, with and without the list's headers */
	send_many((struct sent){ .subject = "News of May", .list = true }, 1000, 1000);
	send_many((struct sent){ .subject = "News of June" }, 1000, 1000);
	/* many readers in each mail, of whom the first is always the same */
	send_many((struct sent){ .subject = "News of July", .recipients = 50 }, 1000, 1);
	/* what a list says of itself is believed, also for few readers */
	send_many((struct sent){ .subject = "[dev] patch", .list = true }, 1000, 2);
	/* bounces of a list's mails, to all kinds of people */
	send_many((struct sent){ .subject = "Undelivered", .null_sender = true }, 1000, 300);
	assert_int_equal(floods(), 0);
}

static void flood_amid_a_list_mailing_is_reported(void **state)
{
	(void)state;
	begin();
	for (uint32_t i = 0; i < 31; i++) {
		assert_int_equal(floods(), 0);
		send(&(struct sent){ .subject = "News of May", .recipient = 100 + i });
		send(&(struct sent){ .subject = "Hello", .recipient = 1000 + i });
		send(&(struct sent){ .subject = "SQL error", .recipient = 1 });
	}
	assert_int_equal(floods(), 1);
}

static void spam_run_is_not_a_flood(void **state)
{
	(void)state;
	begin();
	for (uint32_t i = 0; i < 2000; i++) {
		static const char *const subjects[] = { "Cheap watches", "You won", "Hello dear",
							"Your invoice", "Re: order" };

		send(&(struct sent){ .subject = subjects[i % 5], .recipient = i });
	}
	assert_int_equal(floods(), 0);
}

/* Monitoring and cron, each every few minutes: quieter than the threshold in any window. */
static void mails_of_every_day_are_not_a_flood(void **state)
{
	(void)state;
	begin();
	for (uint32_t minute = 0; minute < 1440; minute++) {
		at(minute * 60);
		send(&(struct sent){ .subject = "PROBLEM: disk", .automatic = true });
		if (minute % 5 == 0) {
			send(&(struct sent){ .subject = "Cron <root@a> x", .automatic = true });
			send(&(struct sent){ .subject = "Cron <www@a> y", .automatic = true });
		}
	}
	assert_int_equal(floods(), 0);
}

static void mail_without_subject_or_recipient_counts_only_as_automatic(void **state)
{
	static const struct mail_facts facts = { .auto_submitted = true };
	const struct behaviour_message nobody = { .facts = &facts, .recipients = 1 };

	(void)state;
	begin();
	send_many((struct sent){ .subject = "" }, 100, 1);
	for (unsigned i = 0; i < 100; i++) {
		behaviour_smtp_message(&stage.inspection, TO_RESPONDER, &nobody);
	}
	assert_int_equal(floods(), 0);
	send_many((struct sent){ .subject = "", .automatic = true }, 31, 1);
	assert_int_equal(floods(), 1);
}

static void message_of_an_outside_client_is_nobodys(void **state)
{
	(void)state;
	begin();
	stage.inspection.inside = 2;
	send_many((struct sent){ .subject = "error" }, 100, 1);
	assert_int_equal(seen_at_all(), 0);
}

static void subject_is_cut_and_its_digits_are_one(void **state)
{
	uint8_t out[ERROR_SUBJECT_MAX], in[300];

	(void)state;
	assert_int_equal(error_subject((const uint8_t *)"12 a3b456", 9, out), 6);
	assert_memory_equal(out, "0 a0b0", 6);
	assert_int_equal(error_subject(out, 0, out), 0);
	memset(in, 'x', sizeof(in));
	assert_int_equal(error_subject(in, sizeof(in), out), ERROR_SUBJECT_MAX);
}

static void mails_beyond_the_counter_saturate(void **state)
{
	static struct error_mails mails;
	const struct error_mail one = { .automatic = true, .subject = 1, .recipient = 2 };
	uint32_t count = 0;

	(void)state;
	for (unsigned i = 0; i < 70000; i++) {
		count = error_mails_add(&mails, &one, 1);
	}
	assert_int_equal(count, UINT16_MAX);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flood_of_one_subject_is_reported_at_the_threshold),
		cmocka_unit_test(flood_with_null_sender_is_reported_whatever_the_subjects),
		cmocka_unit_test(numbers_in_a_subject_do_not_matter),
		cmocka_unit_test(flood_to_as_many_people_as_allowed_is_reported),
		cmocka_unit_test(list_mailing_is_not_a_flood),
		cmocka_unit_test(flood_amid_a_list_mailing_is_reported),
		cmocka_unit_test(spam_run_is_not_a_flood),
		cmocka_unit_test(mails_of_every_day_are_not_a_flood),
		cmocka_unit_test(mail_without_subject_or_recipient_counts_only_as_automatic),
		cmocka_unit_test(message_of_an_outside_client_is_nobodys),
		cmocka_unit_test(subject_is_cut_and_its_digits_are_one),
		cmocka_unit_test(mails_beyond_the_counter_saturate),
	};
	int failed = cmocka_run_group_tests(tests, NULL, NULL);

	free(stage.memory);
	return failed;
}
