/* SPDX-License-Identifier: BSD-2-Clause */
/* The messages of xdp.h. */
#include "hal/linux/xdp.h"

#include <errno.h>
#include <stdlib.h>

#include "hal/linux/abi.h"
#include "hal/linux/bpf.h"
#include "hal/linux/netlink.h"

enum attached { ATTACHED_NATIVE = 1, ATTACHED_GENERIC = 2 };

#define NO_PROGRAM (-1)

struct number_attribute {
	struct abi_attribute head;
	uint32_t number;
};

static struct number_attribute number(enum abi_xdp_attribute type, uint32_t value)
{
	return (struct number_attribute){ { sizeof(struct number_attribute), (uint16_t)type },
					  value };
}

static int set(uint32_t interface, uint32_t flags, int program, int expected)
{
	struct {
		struct abi_message message;
		struct abi_link link;
		struct abi_attribute nest;
		struct number_attribute program, flags, expected;
	} request = {
		.message = { .length = sizeof(request),
			     .type = ABI_RTM_SETLINK,
			     .flags = ABI_NLM_F_REQUEST | ABI_NLM_F_ACK },
		.link = { .index = (int32_t)interface },
		.nest = { sizeof(request.nest) + 3 * sizeof(struct number_attribute),
			  ABI_IFLA_XDP | ABI_NLA_F_NESTED },
		.program = number(ABI_IFLA_XDP_FD, (uint32_t)program),
		.flags = number(ABI_IFLA_XDP_FLAGS, flags),
		.expected = number(ABI_IFLA_XDP_EXPECTED_FD, (uint32_t)expected),
	};
	uint8_t answer[sizeof(request) + 256];

	if (expected == NO_PROGRAM) {
		request.nest.length -= (uint16_t)sizeof(request.expected);
		request.message.length -= (uint32_t)sizeof(request.expected);
	}
	return (int)netlink_ask(&request, request.message.length, answer, sizeof(answer));
}

int xdp_attach(uint32_t interface, enum xdp_mode mode, int program, int instead_of)
{
	uint32_t flags =
		mode | (instead_of >= 0 ? ABI_XDP_FLAGS_REPLACE : ABI_XDP_FLAGS_UPDATE_IF_NOEXIST);

	return set(interface, flags, program, instead_of);
}

int xdp_detach(uint32_t interface, enum xdp_mode mode, int program)
{
	return set(interface, mode | ABI_XDP_FLAGS_REPLACE, NO_PROGRAM, program);
}

static int read_attached(struct netlink_walk link, enum xdp_mode *mode)
{
	uint32_t id = 0;

	while (netlink_next(&link)) {
		struct netlink_walk within = netlink_attributes(link.at, link.length, 0);

		while (link.type == ABI_IFLA_XDP && netlink_next(&within)) {
			if (within.type == ABI_IFLA_XDP_PROG_ID) {
				id = netlink_number(&within);
			} else if (within.type == ABI_IFLA_XDP_ATTACHED && within.length != 0) {
				*mode = *within.at == ATTACHED_GENERIC ? XDP_GENERIC : XDP_NATIVE;
			}
		}
	}
	return (int)id;
}

int xdp_find(uint32_t interface, const char *name, enum xdp_mode *mode)
{
	const struct {
		struct abi_message message;
		struct abi_link link;
	} question = {
		.message = { .length = sizeof(question),
			     .type = ABI_RTM_GETLINK,
			     .flags = ABI_NLM_F_REQUEST },
		.link = { .index = (int32_t)interface },
	};
	uint8_t *answer = malloc(NETLINK_ANSWER_BYTES);

	if (answer == NULL) {
		return -ENOMEM;
	}
	ptrdiff_t got = netlink_ask(&question, sizeof(question), answer, NETLINK_ANSWER_BYTES);
	int id = got < 0 ? (int)got :
			   read_attached(netlink_attributes(answer, (size_t)got, sizeof(question)),
					 mode);

	free(answer);
	if (id <= 0) {
		return id == 0 ? -ENOENT : id;
	}
	int program = bpf_program_open((uint32_t)id, name);

	return program == -ENOENT ? -EEXIST : program;
}
