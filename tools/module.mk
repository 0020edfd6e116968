# SPDX-License-Identifier: BSD-2-Clause
#
# The host tool portreeve-tool; scanner's sources are linked to it, so that compiler and appliance agree.

tools-y :=
