/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Linux's user interface, as far as the C library has no header for it: numbers and layouts as they
 * stand in the kernel's include/uapi/linux/{futex,if_link,if_packet,if_xdp,rtnetlink,
 * ethtool,virtio_net}.h, which never change.
 */
#ifndef HAL_LINUX_ABI_H
#define HAL_LINUX_ABI_H

#include <assert.h>
#include <stdint.h>

/* ---- rtnetlink ---- */

#define ABI_RTM_NEWLINK 16
#define ABI_RTM_GETLINK 18
#define ABI_RTM_SETLINK 19
#define ABI_NLMSG_ERROR 2
#define ABI_NLM_F_REQUEST 1
#define ABI_NLM_F_ACK 4
#define ABI_NLA_F_NESTED (1u << 15)
#define ABI_AF_NETLINK 16
#define ABI_RTMGRP_LINK 1
#define ABI_ALIGN(length) (((length) + 3u) & ~3u)

enum abi_link_attribute {
	ABI_IFLA_IFNAME = 3,
	ABI_IFLA_MTU = 4,
	ABI_IFLA_LINK = 5,
	ABI_IFLA_MASTER = 10,
	ABI_IFLA_NUM_TX_QUEUES = 31,
	ABI_IFLA_NUM_RX_QUEUES = 32,
	ABI_IFLA_LINK_NETNSID = 37,
	ABI_IFLA_XDP = 43,
	ABI_IFLA_PARENT_DEV_NAME = 56
};

enum abi_xdp_attribute { /* within ABI_IFLA_XDP */
			 ABI_IFLA_XDP_FD = 1,
			 ABI_IFLA_XDP_ATTACHED = 2,
			 ABI_IFLA_XDP_FLAGS = 3,
			 ABI_IFLA_XDP_PROG_ID = 4,
			 ABI_IFLA_XDP_EXPECTED_FD = 8
};

#define ABI_XDP_FLAGS_UPDATE_IF_NOEXIST 1u
#define ABI_XDP_FLAGS_REPLACE (1u << 4)

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
#define ABI_ETHTOOL_GCHANNELS 0x3c
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

struct abi_channels { /* ethtool_channels */
	uint32_t command;
	uint32_t receive_max, transmit_max, other_max, combined_max;
	uint32_t receive, transmit, other, combined;
};

struct abi_feature { /* ethtool_get_features_block */
	uint32_t available, requested, active, never_changed;
};

struct abi_feature_change { /* ethtool_set_features_block */
	uint32_t valid, requested;
};

/* ---- packet sockets ---- */

#define ABI_FILTER_RETURN 0x06 /* as many bytes as the step's value */

struct abi_filter_step { /* sock_filter */
	uint16_t code;
	uint8_t jump_true, jump_false;
	uint32_t value;
};

struct abi_filter { /* sock_fprog */
	uint16_t length;
	struct abi_filter_step *steps;
};

#define ABI_SOL_PACKET 263
#define ABI_PACKET_AUXDATA 8
#define ABI_PACKET_RX_RING 5
#define ABI_PACKET_STATISTICS 6
#define ABI_PACKET_COPY_THRESHOLD 7
#define ABI_PACKET_VERSION 10
#define ABI_TPACKET_V2 1
#define ABI_PACKET_VNET_HDR 15
#define ABI_PACKET_FANOUT 18 /* the group's number, and above that its kind and flags */
#define ABI_PACKET_FANOUT_DATA 22
#define ABI_PACKET_FANOUT_EBPF (7u << 16)
#define ABI_PACKET_FANOUT_UNIQUE (0x2000u << 16)
#define ABI_PACKET_FANOUT_IGNORE_OUTGOING (0x4000u << 16)
#define ABI_PACKET_IGNORE_OUTGOING 23
#define ABI_TP_STATUS_KERNEL 0u
#define ABI_TP_STATUS_USER (1u << 0)
#define ABI_TP_STATUS_COPY (1u << 1)
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

struct abi_packet_ring { /* tpacket_req */
	uint32_t block_bytes;
	uint32_t blocks;
	uint32_t slot_bytes;
	uint32_t slots;
};

struct abi_packet_slot { /* tpacket2_hdr */
	_Atomic uint32_t status;
	uint32_t length;
	uint32_t captured;
	uint16_t mac; /* where in the slot the frame begins */
	uint16_t net;
	uint32_t seconds;
	uint32_t nanoseconds;
	uint16_t vlan_tci;
	uint16_t vlan_tpid;
	uint8_t padding[4];
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
static_assert(sizeof(struct abi_packet_slot) == 32, "packet sockets");
static_assert(sizeof(struct abi_vnet_header) == 10, "virtio");

/* ---- AF_XDP ---- */

#define ABI_AF_XDP 44
#define ABI_SOL_XDP 283
#define ABI_XDP_MMAP_OFFSETS 1
#define ABI_XDP_RX_RING 2
#define ABI_XDP_TX_RING 3
#define ABI_XDP_UMEM_REG 4
#define ABI_XDP_UMEM_FILL_RING 5
#define ABI_XDP_UMEM_COMPLETION_RING 6
#define ABI_XDP_STATISTICS 7
#define ABI_XDP_PGOFF_RX_RING 0
#define ABI_XDP_PGOFF_TX_RING 0x80000000
#define ABI_XDP_PGOFF_FILL_RING 0x100000000
#define ABI_XDP_PGOFF_COMPLETION_RING 0x180000000
#define ABI_XDP_SHARED_UMEM 1
#define ABI_XDP_COPY (1 << 1)
#define ABI_XDP_ZEROCOPY (1 << 2)
#define ABI_XDP_USE_NEED_WAKEUP (1 << 3)
#define ABI_XDP_RING_SLEEPS 1 /* XDP_RING_NEED_WAKEUP */
#define ABI_XDP_HEADROOM 256 /* XDP_PACKET_HEADROOM */

struct abi_xdp_address { /* sockaddr_xdp */
	uint16_t family;
	uint16_t flags;
	uint32_t interface;
	uint32_t queue;
	uint32_t shared_with;
};

struct abi_xdp_memory { /* xdp_umem_reg */
	uint64_t address;
	uint64_t length;
	uint32_t chunk_bytes;
	uint32_t headroom;
	uint32_t flags, pad;
};

struct abi_xdp_ring { /* xdp_ring_offset */
	uint64_t producer, consumer, entries, flags;
};

struct abi_xdp_rings { /* xdp_mmap_offsets */
	struct abi_xdp_ring receive, transmit, fill, completion;
};

struct abi_xdp_descriptor { /* xdp_desc */
	uint64_t address;
	uint32_t length;
	uint32_t options;
};

struct abi_xdp_statistics { /* xdp_statistics */
	uint64_t receive_dropped, receive_invalid, transmit_invalid;
	uint64_t receive_ring_full, fill_ring_empty, transmit_ring_empty;
};

static_assert(sizeof(struct abi_xdp_address) == 16, "AF_XDP");
static_assert(sizeof(struct abi_xdp_memory) == 32, "AF_XDP");
static_assert(sizeof(struct abi_xdp_rings) == 128, "AF_XDP");
static_assert(sizeof(struct abi_xdp_descriptor) == 16, "AF_XDP");
static_assert(sizeof(struct abi_xdp_statistics) == 48, "AF_XDP");

/* ---- futexes that the kernel lets go of when a thread dies ---- */

struct abi_robust_list {
	struct abi_robust_list *next;
};

struct abi_robust_list_head {
	struct abi_robust_list first; /* its end is this again */
	long futex_offset; /* from an entry to its futex */
	struct abi_robust_list *pending;
};

#endif
