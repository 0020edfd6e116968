/* SPDX-License-Identifier: BSD-2-Clause */
/* The rules of options.h. */
#include "firmware/options.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config.h"
#include "firmware/prefix.h"

/* How far a line is read. */
struct reader {
	const struct option *known;
	const struct arguments *arguments;
	int next;
	uint32_t given; /* bit i: the i-th of `known` */
	bool operands_only;
	char *error;
};

static_assert(OPTIONS_MAX <= 32, "struct reader has a bit for each");

enum options_result options_wrong(char error[static OPTIONS_ERROR_BYTES], const char *sentence, ...)
{
	va_list values;

	va_start(values, sentence);
	vsnprintf(error, OPTIONS_ERROR_BYTES, sentence, values);
	va_end(values);
	return OPTIONS_WRONG;
}

static enum options_result add_network(const struct option *option, const char *text, char *error)
{
	struct options_networks *networks = option->networks;

	if (networks->count == SCANNER_INSIDE_MAX) {
		return options_wrong(error, "%s %s: at most %d networks", option->name, text,
				     SCANNER_INSIDE_MAX);
	}
	const char *complaint = prefix_parse(text, &networks->prefix[networks->count]);

	if (complaint != NULL) {
		return options_wrong(error, "%s %s: %s", option->name, text, complaint);
	}
	networks->count++;
	return OPTIONS_READ;
}

static enum options_result choose_word(const struct option *option, const char *text, char *error)
{
	const char *const *words = option->words;
	char known[OPTIONS_ERROR_BYTES];
	size_t length = 0;

	for (unsigned i = 0; words[i] != NULL; i++) {
		if (strcmp(text, words[i]) == 0) {
			*option->word = i;
			return OPTIONS_READ;
		}
		const char *between = i == 0 ? "" : words[i + 1] == NULL ? " and " : ", ";

		length += (size_t)snprintf(known + length, sizeof(known) - length, "%s%s", between,
					   words[i]);
		assert(length < sizeof(known));
	}
	return options_wrong(error, "%s %s: there is only %s", option->name, text, known);
}

static enum options_result take_milliseconds(const struct option *option, const char *text,
					     char *error)
{
	char *end;
	unsigned long value = strtoul(text, &end, 10);

	if (*text < '0' || *text > '9' || *end != '\0' || value == 0 || value > option->most) {
		return options_wrong(error, "%s %s: milliseconds, 1 to %u", option->name, text,
				     option->most);
	}
	*option->milliseconds = (uint32_t)value;
	return OPTIONS_READ;
}

static enum options_result set_value(const struct option *option, const char *text, char *error)
{
	if (option->networks != NULL) {
		return add_network(option, text, error);
	}
	if (option->word != NULL) {
		return choose_word(option, text, error);
	}
	if (option->milliseconds != NULL) {
		return take_milliseconds(option, text, error);
	}
	*option->text = text;
	return OPTIONS_READ;
}

/* The one named by the first `length` bytes of `argument`; NULL: there is none. */
static const struct option *find(const struct option *known, const char *argument, size_t length)
{
	for (; known->name != NULL; known++) {
		if (strlen(known->name) == length && memcmp(known->name, argument, length) == 0) {
			return known;
		}
	}
	return NULL;
}

static enum options_result take_option(struct reader *reader, const char *argument)
{
	size_t length = strcspn(argument, "=");
	const struct option *option = find(reader->known, argument, length);
	const char *text = "";

	if (option == NULL || (option->flag != NULL && argument[length] == '=')) {
		return options_wrong(reader->error, "unknown option %s", argument);
	}
	if (option->flag != NULL) {
		*option->flag = true;
		return OPTIONS_READ;
	}
	if (argument[length] == '=') {
		text = argument + length + 1;
	} else if (reader->next < reader->arguments->count) {
		text = reader->arguments->vector[reader->next++];
	}
	if (*text == '\0') {
		return options_wrong(reader->error, "%s needs a value", option->name);
	}
	ptrdiff_t place = option - reader->known;

	assert(place < OPTIONS_MAX);
	if (option->networks == NULL && (reader->given >> place & 1) != 0) {
		return options_wrong(reader->error, "%s is given twice", option->name);
	}
	reader->given |= 1u << place;
	return set_value(option, text, reader->error);
}

static enum options_result take_operand(struct reader *reader, char *argument)
{
	const struct arguments *arguments = reader->arguments;

	if (arguments->operands == NULL) {
		return options_wrong(reader->error, "unknown argument %s", argument);
	}
	arguments->vector[(*arguments->operands)++] = argument;
	return OPTIONS_READ;
}

static enum options_result take(struct reader *reader, char *argument)
{
	if (reader->operands_only || argument[0] != '-' || argument[1] == '\0') {
		return take_operand(reader, argument);
	}
	if (strcmp(argument, "--") == 0) {
		reader->operands_only = true;
		return OPTIONS_READ;
	}
	if (strcmp(argument, "--help") == 0 || strcmp(argument, "-h") == 0) {
		return OPTIONS_HELP;
	}
	if (strcmp(argument, "--version") == 0) {
		return OPTIONS_VERSION;
	}
	return take_option(reader, argument);
}

enum options_result options_read(const struct option *known, const struct arguments *arguments,
				 char error[static OPTIONS_ERROR_BYTES])
{
	struct reader reader = { .known = known, .arguments = arguments, .error = error };
	enum options_result result = OPTIONS_READ;

	if (arguments->operands != NULL) {
		*arguments->operands = 0;
	}
	while (result == OPTIONS_READ && reader.next < arguments->count) {
		result = take(&reader, arguments->vector[reader.next++]);
	}
	return result;
}

int options_answer(enum options_result result, const char *command, const char *usage,
		   const char *error)
{
	if (result == OPTIONS_WRONG) {
		fprintf(stderr,
			"portreeve %s: %s\n"
			"'portreeve %s --help' shows what can be given\n",
			command, error, command);
		return OPTIONS_EXIT_USAGE;
	}
	if (result == OPTIONS_VERSION) {
		puts("portreeve " CONFIG_VERSION);
	} else {
		fputs(usage, stdout);
	}
	return 0;
}
