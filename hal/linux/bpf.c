/* SPDX-License-Identifier: BSD-2-Clause */
/* The calls of bpf.h. Structures of the kernel's interface are cut off behind the last field in
 * use: it takes what is missing for zero. */
#define _GNU_SOURCE

#include "hal/linux/bpf.h"

#include <assert.h>
#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum command {
	MAP_CREATE = 0,
	MAP_LOOKUP_ELEM = 1,
	MAP_UPDATE_ELEM = 2,
	PROG_LOAD = 5,
	PROG_ATTACH = 8,
	PROG_DETACH = 9,
	PROG_GET_FD_BY_ID = 13,
	MAP_GET_FD_BY_ID = 14,
	OBJ_GET_INFO_BY_FD = 15,
	PROG_QUERY = 16
};

#define F_MMAPABLE (1u << 10)
#define F_REPLACE (1u << 2)
#define TCX_INGRESS 46
#define PROGRAMS_MAX 64 /* the kernel's own bound at one place */
#define MAPS_MAX 8
#define LICENSE "Dual BSD/GPL"

static_assert(sizeof(struct bpf_instruction) == 8, "an instruction is a word");

static int call(enum command command, void *attributes, size_t size)
{
	long result = syscall(SYS_bpf, command, attributes, size);

	return result < 0 ? -errno : (int)result;
}

static uint64_t address_of(const void *at)
{
	return (uintptr_t)at;
}

int bpf_map_make(enum bpf_map_kind kind, uint32_t value_bytes, uint32_t count, int shared)
{
	struct {
		uint32_t kind, key_bytes, value_bytes, count, flags;
	} attributes = { kind, sizeof(uint32_t), value_bytes, count, shared ? F_MMAPABLE : 0 };

	return call(MAP_CREATE, &attributes, sizeof(attributes));
}

void *bpf_map_share(int map, size_t value_bytes)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	void *memory = mmap(NULL, (value_bytes + page - 1) / page * page, PROT_READ | PROT_WRITE,
			    MAP_SHARED, map, 0);

	return memory == MAP_FAILED ? NULL : memory;
}

static int map_value(enum command command, int map, uint32_t key, const void *value)
{
	struct {
		uint32_t map, pad;
		uint64_t key, value, flags;
	} attributes = { (uint32_t)map, 0, address_of(&key), address_of(value), 0 };

	return call(command, &attributes, sizeof(attributes));
}

int bpf_map_read(int map, void *value)
{
	return map_value(MAP_LOOKUP_ELEM, map, 0, value);
}

int bpf_map_put(int map, uint32_t key, int descriptor)
{
	return map_value(MAP_UPDATE_ELEM, map, key, &descriptor);
}

int bpf_program_load(enum bpf_program_kind kind, const struct bpf_instruction *instructions,
		     uint32_t count, const char *name)
{
	struct {
		uint32_t kind, count;
		uint64_t instructions, license;
		uint32_t log_level, log_size;
		uint64_t log;
		uint32_t kernel_version, flags;
		char name[BPF_NAME_BYTES];
	} attributes = { .kind = kind,
			 .count = count,
			 .instructions = address_of(instructions),
			 .license = address_of(LICENSE) };

	assert(strlen(name) < sizeof(attributes.name));
	memcpy(attributes.name, name, strlen(name));
	return call(PROG_LOAD, &attributes, sizeof(attributes));
}

static int attach(enum command command, uint32_t interface, int program, int instead_of)
{
	struct {
		uint32_t interface, program, place, flags, replaced;
	} attributes = { interface, (uint32_t)program, TCX_INGRESS, instead_of >= 0 ? F_REPLACE : 0,
			 instead_of >= 0 ? (uint32_t)instead_of : 0 };

	return call(command, &attributes, sizeof(attributes));
}

int bpf_ingress_attach(uint32_t interface, int program, int instead_of)
{
	return attach(PROG_ATTACH, interface, program, instead_of);
}

int bpf_ingress_detach(uint32_t interface, int program)
{
	return attach(PROG_DETACH, interface, program, -1);
}

static int descriptor_of(enum command command, uint32_t id)
{
	struct {
		uint32_t id, next, flags;
	} attributes = { .id = id };

	return call(command, &attributes, sizeof(attributes));
}

static int describe(int object, void *description, uint32_t size)
{
	struct {
		uint32_t object, size;
		uint64_t description;
	} attributes = { (uint32_t)object, size, address_of(description) };

	return call(OBJ_GET_INFO_BY_FD, &attributes, sizeof(attributes));
}

/* bpf_prog_info, as far as it is read. */
struct program_info {
	uint32_t kind, id;
	uint8_t tag[8];
	uint32_t jited_bytes, translated_bytes;
	uint64_t jited, translated, loaded_ns;
	uint32_t owner, map_count;
	uint64_t maps;
	char name[BPF_NAME_BYTES];
};

/* bpf_map_info, as far as it is read. */
struct map_info {
	uint32_t kind, id, key_bytes, value_bytes;
};

int bpf_program_open(uint32_t id, const char *name)
{
	struct program_info info = { .map_count = 0 };
	int program = descriptor_of(PROG_GET_FD_BY_ID, id);

	if (program < 0) {
		return program;
	}
	int error = describe(program, &info, sizeof(info));

	if (error == 0 && strncmp(info.name, name, sizeof(info.name)) == 0) {
		return program;
	}
	close(program);
	return error != 0 ? error : -ENOENT;
}

int bpf_ingress_find(uint32_t interface, const char *name)
{
	uint32_t ids[PROGRAMS_MAX];
	struct {
		uint32_t interface, place, query_flags, flags;
		uint64_t programs;
		uint32_t count, pad;
	} attributes = { .interface = interface,
			 .place = TCX_INGRESS,
			 .programs = address_of(ids),
			 .count = PROGRAMS_MAX };
	int error = call(PROG_QUERY, &attributes, sizeof(attributes));

	for (uint32_t i = 0; error == 0 && i < attributes.count; i++) {
		int program = bpf_program_open(ids[i], name);

		if (program != -ENOENT) {
			return program;
		}
	}
	return error != 0 ? error : -ENOENT;
}

int bpf_program_map(int program, uint32_t value_bytes)
{
	uint32_t ids[MAPS_MAX];
	struct program_info info = { .map_count = MAPS_MAX, .maps = address_of(ids) };
	int error = describe(program, &info, sizeof(info));

	for (uint32_t i = 0; error == 0 && i < info.map_count && i < MAPS_MAX; i++) {
		struct map_info about = { .id = 0 };
		int map = descriptor_of(MAP_GET_FD_BY_ID, ids[i]);

		if (map >= 0 && describe(map, &about, sizeof(about)) == 0 &&
		    about.value_bytes == value_bytes) {
			return map;
		}
		if (map >= 0) {
			close(map);
		}
	}
	return error != 0 ? error : -ENOENT;
}
