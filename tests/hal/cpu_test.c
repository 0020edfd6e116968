/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hal/cpu.h against what the kernel says of the same CPU in /proc/cpuinfo. Under an emulator of
 * another architecture that file is the host's and has no line to compare with.
 */
#define _POSIX_C_SOURCE 200809L

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/utsname.h>

#include <cmocka.h>

#include "hal/cpu.h"

static bool has_word(const char *line, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(line, word); at != NULL; at = strstr(at + 1, word)) {
		if (at[-1] == ' ' && (at[length] == ' ' || at[length] == '\n')) {
			return true;
		}
	}
	return false;
}

static void cpu_features_detect_agrees_with_the_kernel(void **state)
{
	static char line[16384];
	struct utsname self;
	bool x86;
	FILE *file = fopen("/proc/cpuinfo", "r");

	(void)state;
	assert_non_null(file);
	assert_int_equal(uname(&self), 0);
	x86 = strcmp(self.machine, "x86_64") == 0;
	while (fgets(line, sizeof(line), file) != NULL) {
		if (strncmp(line, x86 ? "flags\t" : "Features\t", x86 ? 6 : 9) == 0) {
			assert_int_equal(cpu_features_detect().sha256,
					 has_word(line, x86 ? "sha_ni" : "sha2"));
			assert_int_equal(cpu_features_detect().avx2, has_word(line, "avx2"));
		}
	}
	assert_int_equal(fclose(file), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(cpu_features_detect_agrees_with_the_kernel),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
