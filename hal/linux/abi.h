/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's user interface, as far as the C library has no header for it: numbers and layouts as they
 * stand in the kernel's include/uapi/linux/{if_link,if_packet,rtnetlink,ethtool,virtio_net}.h,
 * which never change.
 */
#ifndef HAL_LINUX_ABI_H
#define HAL_LINUX_ABI_H

#include <assert.h>
#include <stdint.h>

/* ---- rtnetlink ---- */

#define ABI_RTM_NEWLINK 16
#define ABI_RTM_GETLINK 18
#define ABI_NLMSG_ERROR 2
#define ABI_NLM_F_REQUEST 1
#define ABI_AF_NETLINK 16
#define ABI_RTMGRP_LINK 1
#define ABI_ALIGN(length) (((length) + 3u) & ~3u)

enum abi_link_attribute {
	ABI_IFLA_IFNAME = 3,
	ABI_IFLA_MTU = 4,
	ABI_IFLA_LINK = 5,
	ABI_IFLA_MASTER = 10,
	ABI_IFLA_LINK_NETNSID = 37
};

struct abi_netlink_address { /* sockaddr_nl */
	uint16_t family;
	uint16_t pad;
	uint32_t port;
	uint32_t groups;
};

struct abi_message { /* nlmsghdr */
	uint32_t length;
	uint16_t type;
	uint16_t flags;
	uint32_t sequence;
	uint32_t port;
};

struct abi_link { /* ifinfomsg */
	uint8_t family;
	uint8_t pad;
	uint16_t type;
	int32_t index;
	uint32_t flags;
	uint32_t change;
};

struct abi_attribute { /* rtattr */
	uint16_t length;
	uint16_t type;
};

static_assert(sizeof(struct abi_netlink_address) == 12, "rtnetlink");
static_assert(sizeof(struct abi_message) == 16 && sizeof(struct abi_link) == 16, "rtnetlink");

/* ---- ethtool, by ioctl ---- */

#define ABI_SIOCETHTOOL 0x8946
#define ABI_ETHTOOL_GLINK 0x0a
#define ABI_ETHTOOL_GRINGPARAM 0x10
#define ABI_ETHTOOL_SRINGPARAM 0x11
#define ABI_ETHTOOL_GSTRINGS 0x1b
#define ABI_ETHTOOL_GSSET_INFO 0x37
#define ABI_ETHTOOL_GFEATURES 0x3a
#define ABI_ETHTOOL_SFEATURES 0x3b
#define ABI_ETH_SS_FEATURES 4
#define ABI_STRING_BYTES 32

struct abi_number { /* ethtool_value */
	uint32_t command;
	uint32_t value;
};

struct abi_rings { /* ethtool_ringparam */
	uint32_t command;
	uint32_t receive_max, receive_mini_max, receive_jumbo_max, transmit_max;
	uint32_t receive, receive_mini, receive_jumbo, transmit;
};

struct abi_feature { /* ethtool_get_features_block */
	uint32_t available, requested, active, never_changed;
};

struct abi_feature_change { /* ethtool_set_features_block */
	uint32_t valid, requested;
};

/* ---- packet sockets ---- */

#define ABI_SOL_PACKET 263
#define ABI_PACKET_AUXDATA 8
#define ABI_PACKET_STATISTICS 6
#define ABI_PACKET_VNET_HDR 15
#define ABI_PACKET_IGNORE_OUTGOING 23
#define ABI_TP_STATUS_VLAN_VALID (1u << 4)
#define ABI_TP_STATUS_VLAN_TPID_VALID (1u << 6)

struct abi_packet_data { /* tpacket_auxdata */
	uint32_t status;
	uint32_t length;
	uint32_t captured;
	uint16_t mac;
	uint16_t net;
	uint16_t vlan_tci;
	uint16_t vlan_tpid;
};

struct abi_packet_statistics { /* tpacket_stats */
	uint32_t packets;
	uint32_t drops;
};

#define ABI_VNET_NEEDS_CHECKSUM 1
#define ABI_VNET_NO_SEGMENTS 0

struct abi_vnet_header { /* virtio_net_hdr, in the machine's byte order */
	uint8_t flags;
	uint8_t segments; /* gso_type */
	uint16_t header_length;
	uint16_t segment_bytes;
	uint16_t checksum_start;
	uint16_t checksum_offset;
};

static_assert(sizeof(struct abi_packet_data) == 20, "packet sockets");
static_assert(sizeof(struct abi_vnet_header) == 10, "virtio");

#endif
