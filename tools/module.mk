# SPDX-License-Identifier: BSD-2-Clause
#
# The host tool portreeve-tool; scanner's sources are linked to it, so that compiler and appliance agree.

tools-y := \
	tools/flash/flash.c \
	tools/main.c \
	tools/sig/build.c \
	tools/sig/collect.c \
	tools/sig/compile.c \
	tools/sig/cuckoo.c \
	tools/sig/file.c \
	tools/sig/intern.c \
	tools/sig/lex.c \
	tools/sig/memory.c \
	tools/sig/parse.c \
	tools/sig/report.c \
	tools/sig/show.c \
	tools/sig/sig.c \
	tools/sig/value.c
