# SPDX-License-Identifier: BSD-2-Clause
#
# Unit tests: one cmocka program a file. tests/FOLDER/ is linked against the modules unit-modules-FOLDER.

unit-y := \
	tests/scanner/md5_test.c \
	tests/scanner/sha1_test.c \
	tests/scanner/sha256_test.c \
	tests/scanner/siphash_test.c

unit-modules-firmware := firmware hal scanner
unit-modules-hal := hal
unit-modules-scanner := scanner
unit-modules-tools := tools scanner

# Fuzz targets, linked against scanner.
fuzz-y :=
