# SPDX-License-Identifier: BSD-2-Clause
# What the build must know of the board before anything else.
ARCH     := aarch64
platform := bare
