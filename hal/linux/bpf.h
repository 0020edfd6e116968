/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Programs and maps in the Linux kernel, by plain bpf(2): what drivers/net needs of it.
 * Numbers and layouts as in include/uapi/linux/bpf.h. Descriptors are closed by close(2). Every
 * call returns 0, or what it says, or −errno.
 */
#ifndef HAL_LINUX_BPF_H
#define HAL_LINUX_BPF_H

#include <stddef.h>
#include <stdint.h>

struct bpf_instruction {
	uint8_t code;
	uint8_t registers; /* destination | source << 4 */
	int16_t offset;
	int32_t immediate;
};

enum bpf_map_kind { BPF_MAP_ARRAY = 2, BPF_MAP_PER_CPU_ARRAY = 6, BPF_MAP_XDP_SOCKETS = 17 };
enum bpf_program_kind {
	BPF_PROGRAM_SOCKET_FILTER = 1,
	BPF_PROGRAM_CLASSIFIER = 3,
	BPF_PROGRAM_XDP = 6
};

#define BPF_NAME_BYTES 16 /* with its end */

/* A map of `count` values, by number from 0. `shared`: bpf_map_share() will be asked for it.
 * Returns its descriptor. */
int bpf_map_make(enum bpf_map_kind kind, uint32_t value_bytes, uint32_t count, int shared);
/* The first value of an array in this program's memory; NULL: not to be had, errno says why. */
void *bpf_map_share(int map, size_t value_bytes);
/* Copies the first value out. */
int bpf_map_read(int map, void *value);
/* Puts a descriptor into a map of such; it is out again when its last copy is closed. */
int bpf_map_put(int map, uint32_t key, int descriptor);

/* Returns the program's descriptor. */
int bpf_program_load(enum bpf_program_kind kind, const struct bpf_instruction *instructions,
		     uint32_t count, const char *name);
/* The descriptor of the program with that number; −ENOENT: there is none, or of another name. */
int bpf_program_open(uint32_t id, const char *name);

/* At an interface, where frames come in (TCX, Linux 6.6). `instead_of`: the descriptor of the one
 * that it takes the place of at once, −1: none. The interface holds the program from then on. */
int bpf_ingress_attach(uint32_t interface, int program, int instead_of);
int bpf_ingress_detach(uint32_t interface, int program);
/* The descriptor of the program of that name there; −ENOENT: there is none. */
int bpf_ingress_find(uint32_t interface, const char *name);
/* The descriptor of the first map of that value size that a program uses; −ENOENT. */
int bpf_program_map(int program, uint32_t value_bytes);

#endif
