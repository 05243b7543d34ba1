//! The functions of the shim.

use std::ffi::{c_char, c_int, c_uint, c_void};

unsafe extern "C" {
    pub(crate) fn framewell_dpdk_start(
        argc: c_int,
        argv: *mut *mut c_char,
        count: c_uint,
        cache: c_uint,
        bytes: c_uint,
    ) -> *const c_char;
    pub(crate) fn framewell_dpdk_enter() -> c_int;
    pub(crate) fn framewell_dpdk_leave();

    pub(crate) fn framewell_dpdk_object_get() -> *mut c_void;
    pub(crate) fn framewell_dpdk_object_put(object: *mut c_void);
    pub(crate) fn framewell_dpdk_object_get_bulk(table: *mut *mut c_void, count: c_uint) -> c_int;
    pub(crate) fn framewell_dpdk_object_put_bulk(table: *const *mut c_void, count: c_uint);

    pub(crate) fn framewell_dpdk_packet_get() -> *mut c_void;
    pub(crate) fn framewell_dpdk_packet_put(packet: *mut c_void);
    pub(crate) fn framewell_dpdk_packet_get_bulk(table: *mut *mut c_void, count: c_uint) -> c_int;
    pub(crate) fn framewell_dpdk_packet_put_bulk(table: *const *mut c_void, count: c_uint);

    pub(crate) fn framewell_dpdk_packet_share_each() -> c_int;
    pub(crate) fn framewell_dpdk_packet_share_at_once() -> c_int;
    pub(crate) fn framewell_dpdk_packet_add(packet: *mut c_void, count: c_uint, at_once: c_int);
    pub(crate) fn framewell_dpdk_packets_out() -> c_uint;
}
