/* SPDX-License-Identifier: BSD-2-Clause */
/* hal/cpu.h by the core's identification registers (Arm ARM ID_AA64ISAR0_EL1). */
#include "hal/cpu.h"

#include "hal/aarch64/sysreg.h"

#define SHA2_SHIFT 12

struct cpu_features cpu_features_detect(void)
{
	return (struct cpu_features){
		.sha256 = (sysreg_read(id_aa64isar0_el1) >> SHA2_SHIFT & 15) != 0,
	};
}
