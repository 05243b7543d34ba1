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
