/* SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0 */
/*
 * Verifies checksums (RFC 1071). A driver tells an XDP program nothing about them, so
 * with checksums to be verified, the sum over the whole packet is computed here.
 */
#ifndef XDP_SUM_H
#define XDP_SUM_H

#include "frame.h"

#define SUM_LEN_MAX 0x3fffu /* bytes; a larger packet is left to the engine */
#define SUM_OFF_MAX 127u    /* largest offset of a transport header */

/* Fold to 16 bits; 0xffff is the sum of a valid packet. */
static inline __u32
sum_fold(__u64 sum)
{
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffffffff) + (sum >> 32);
	sum = (sum & 0xffff) + (sum >> 16);
	sum = (sum & 0xffff) + (sum >> 16);
	return (__u32)sum;
}

int sum_bytes(struct xdp_md *ctx, __u32 off, __u32 len, __u32 seed);

/*
 * Add `times` pieces of n bytes, which is a constant: large ones by the helper, which
 * takes 512 bytes at most, and small ones word by word, which is faster than a call. Each
 * loop begins at an offset that the verifier does not know, so that it need not go on
 * from each iteration separately.
 */
#define SUM_PIECES(from, n, times, max, add)                                             \
	do {                                                                             \
		at = (const __u8 *)(long)ctx->data + off + ((from)&SUM_LEN_MAX);         \
		for (i = 0; i < (max) && i < (times); i++, at += (n)) {                  \
			if (at + (n) > end)                                              \
				return -1;                                               \
			add;                                                             \
		}                                                                        \
	} while (0)

#define SUM_CALL(n) sum = (__u32)bpf_csum_diff(NULL, 0, (void *)at, n, (__u32)sum)
#define SUM_WORD(i) sum += ((const __u32 *)at)[i]
#define SUM_FOUR_WORDS()                                                                 \
	SUM_WORD(0);                                                                     \
	SUM_WORD(1);                                                                     \
	SUM_WORD(2);                                                                     \
	SUM_WORD(3)

/*
 * Sum of `seed` and the len bytes from offset off of the frame, folded to 16 bits.
 * Returns -1 when they are not there. A global function is verified once, not for each
 * path that leads to it.
 */
__attribute__((noinline)) int
sum_bytes(struct xdp_md *ctx, __u32 off, __u32 len, __u32 seed)
{
	const __u8 *end = (const void *)(long)ctx->data_end, *at;
	__u64 sum = seed;
	__u32 i;

	if (off > SUM_OFF_MAX || len > SUM_LEN_MAX)
		return -1;
	SUM_PIECES(0u, 512, len >> 9, SUM_LEN_MAX >> 9, SUM_CALL(512));
	SUM_PIECES(len & ~511u, 128, len >> 7 & 3, 3, SUM_CALL(128));
	SUM_PIECES(len & ~127u, 16, len >> 4 & 7, 7, SUM_FOUR_WORDS());
	SUM_PIECES(len & ~15u, 4, len >> 2 & 3, 3, SUM_WORD(0));
	at = (const __u8 *)(long)ctx->data + off + (len & ~3u & SUM_LEN_MAX);
	if (len & 2) {
		if (at + 2 > end)
			return -1;
		sum += *(const __u16 *)at;
		at += 2;
	}
	if (len & 1) {
		if (at + 1 > end)
			return -1;
		sum += *at; /* the low byte of a word in memory order */
	}
	return (int)sum_fold(sum);
}

/* Whether the checksum of the header is right. */
static inline bool
ipv4_sum_right(const struct frame *f, const struct xdp_md *ctx)
{
	const __u8 *data = (const void *)(long)ctx->data;
	const __u8 *at = data + (f->l4_off & SUM_OFF_MAX) - sizeof(struct iphdr);
	__u64 sum = 0;

	if (f->l4_off < sizeof(struct iphdr) ||
	    at + sizeof(struct iphdr) > (const __u8 *)(long)ctx->data_end)
		return false;
	SUM_FOUR_WORDS();
	SUM_WORD(4);
	return sum_fold(sum) == 0xffff;
}

/* Whether the checksums of IPv4 and of the transport are right. */
static inline bool
frame_sums_right(const struct frame *f, struct xdp_md *ctx)
{
	__u32 off = f->l4_off, len = f->l4_len, proto = f->is_tcp ? PROTO_TCP : PROTO_UDP;
	const void *data = (const void *)(long)ctx->data;
	const void *end = (const void *)(long)ctx->data_end;
	const struct udphdr *udp;
	__u64 pseudo;

	if (!f->is_v6 && !ipv4_sum_right(f, ctx))
		return false;
	if (!f->is_tcp) {
		udp = data + (off & SUM_OFF_MAX);
		if ((const void *)(udp + 1) > end)
			return false;
		/* RFC 768, RFC 6935: no checksum */
		if (udp->check == 0)
			return true;
		len = bpf_ntohs(udp->len);
	}
	pseudo = sum_fold(f->word[1]) + bpf_htons(len) + bpf_htons(proto);
	if (f->is_v6)
		pseudo += sum_fold(f->word[2]) + sum_fold(f->word[3]) +
			  sum_fold(f->word[4]);
	return sum_bytes(ctx, off, len, (__u32)pseudo) == 0xffff;
}

#endif
