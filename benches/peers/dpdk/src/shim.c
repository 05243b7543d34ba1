/* The pools of DPDK as functions: the fast parts of DPDK are inline in its headers. */

#include <stddef.h>
#include <stdint.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>
#include <rte_mempool.h>

/* `Mbuf` in pools.rs begins like this. */
_Static_assert(offsetof(struct rte_mbuf, buf_addr) == 0, "where the buffer starts");
_Static_assert(offsetof(struct rte_mbuf, data_off) == 16, "where its data starts");

static struct rte_mempool *objects;
static struct rte_mempool *packets;

/* Starts DPDK on the calling thread and makes both pools. It returns what failed, or NULL. */
const char *framewell_dpdk_start(int argc, char **argv, unsigned count, unsigned cache, unsigned bytes)
{
	if (rte_eal_init(argc, argv) < 0)
		return rte_strerror(rte_errno);
	objects = rte_mempool_create("objects", count, bytes, cache, 0, NULL, NULL, NULL, NULL, SOCKET_ID_ANY, 0);
	packets = rte_pktmbuf_pool_create("packets", count, cache, 0, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY);
	return objects && packets ? NULL : rte_strerror(rte_errno);
}

/*
 * Registers the calling thread unless DPDK knows it. It returns 1 if it has registered the thread,
 * 0 if DPDK knew it, and a negative number if it cannot register it.
 */
int framewell_dpdk_enter(void)
{
	if (rte_lcore_id() != LCORE_ID_ANY)
		return 0;
	return rte_thread_register() == 0 ? 1 : -1;
}

void framewell_dpdk_leave(void)
{
	rte_thread_unregister();
}

void *framewell_dpdk_object_get(void)
{
	void *object;
	return rte_mempool_get(objects, &object) == 0 ? object : NULL;
}

void framewell_dpdk_object_put(void *object)
{
	rte_mempool_put(objects, object);
}

int framewell_dpdk_object_get_bulk(void **table, unsigned count)
{
	return rte_mempool_get_bulk(objects, table, count);
}

void framewell_dpdk_object_put_bulk(void *const *table, unsigned count)
{
	rte_mempool_put_bulk(objects, table, count);
}

void *framewell_dpdk_packet_get(void)
{
	return rte_pktmbuf_alloc(packets);
}

void framewell_dpdk_packet_put(void *packet)
{
	rte_pktmbuf_free(packet);
}

int framewell_dpdk_packet_get_bulk(void **table, unsigned count)
{
	return rte_pktmbuf_alloc_bulk(packets, (struct rte_mbuf **)table, count);
}

void framewell_dpdk_packet_put_bulk(void *const *table, unsigned count)
{
	rte_pktmbuf_free_bulk((struct rte_mbuf **)(uintptr_t)table, count);
}

/*
 * Gets a packet, writes a byte, makes four references, one by one or at once, and frees them. All
 * of it is inline here, as in a C program. It returns 0 if there is no packet.
 */
static inline int share(int at_once)
{
	struct rte_mbuf *packet = rte_pktmbuf_alloc(packets);
	struct rte_mbuf *references[4];

	if (packet == NULL)
		return 0;
	*rte_pktmbuf_mtod(packet, unsigned char *) = 1;
	if (at_once)
		rte_mbuf_refcnt_update(packet, 3);
	for (int at = 0; at < 4; at++) {
		if (!at_once && at > 0)
			rte_mbuf_refcnt_update(packet, 1);
		references[at] = packet;
	}
	/* References are kept somewhere, so they are in memory. */
	__asm__ volatile("" : : "r"(references) : "memory");
	for (int at = 0; at < 4; at++)
		rte_pktmbuf_free(references[at]);
	return 1;
}

int framewell_dpdk_packet_share_each(void)
{
	return share(0);
}

int framewell_dpdk_packet_share_at_once(void)
{
	return share(1);
}

/* Adds references, each by an update of its own or all by one. */
void framewell_dpdk_packet_add(void *packet, unsigned count, int at_once)
{
	if (at_once) {
		rte_mbuf_refcnt_update(packet, count);
		return;
	}
	while (count-- > 0)
		rte_mbuf_refcnt_update(packet, 1);
}

/* Returns how many packets are in use. */
unsigned framewell_dpdk_packets_out(void)
{
	return rte_mempool_in_use_count(packets);
}
