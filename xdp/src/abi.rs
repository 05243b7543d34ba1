//! What the kernel's headers define and libc does not: the layout of a descriptor, and bpf(2).
//!
//! Source: linux/if_xdp.h, linux/bpf.h.

#![forbid(unsafe_code)]

/// An entry of the RX or the TX ring (`struct xdp_desc`).
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
#[repr(C)]
pub(crate) struct Descriptor {
    /// The first byte of the data, as an address in the UMEM.
    pub(crate) addr: u64,
    pub(crate) len: u32,
    pub(crate) options: u32,
}

const _: () = assert!(size_of::<Descriptor>() == size_of::<libc::xdp_desc>());
const _: () = assert!(align_of::<Descriptor>() == align_of::<libc::xdp_desc>());

/// The bytes that the kernel keeps for XDP programs in front of a received packet
/// (`XDP_PACKET_HEADROOM`).
pub(crate) const KERNEL_HEADROOM: u32 = 256;

/// The bytes of a chunk that registration wants beside the headroom that was asked for: the
/// kernel's own headroom, its `skb_shared_info`, and 128 bytes of packet.
pub(crate) const BESIDE_HEADROOM: u32 = 704;

/// The most frames of a packet to be sent: one, and as many fragments as a packet of the kernel has
/// (`MAX_SKB_FRAGS`) unless it was built with another number.
pub(crate) const MAX_FRAMES: usize = 18;

/// The commands of bpf(2).
pub(crate) const BPF_MAP_CREATE: i32 = 0;
pub(crate) const BPF_MAP_UPDATE_ELEM: i32 = 2;
pub(crate) const BPF_PROG_LOAD: i32 = 5;
pub(crate) const BPF_OBJ_GET_INFO_BY_FD: i32 = 15;
pub(crate) const BPF_LINK_CREATE: i32 = 28;

pub(crate) const BPF_MAP_TYPE_XSKMAP: u32 = 17;
pub(crate) const BPF_PROG_TYPE_XDP: u32 = 6;
/// The place in which a program is attached (`BPF_XDP`).
pub(crate) const BPF_XDP: u32 = 37;
/// The program takes packets of several buffers.
pub(crate) const BPF_F_XDP_HAS_FRAGS: u32 = 1 << 5;
pub(crate) const XDP_FLAGS_SKB_MODE: u32 = 1 << 1;
pub(crate) const XDP_FLAGS_DRV_MODE: u32 = 1 << 2;
/// What a program answers for a packet that goes on to the network stack.
pub(crate) const XDP_PASS: i32 = 2;

/// The members of `union bpf_attr` for [`BPF_MAP_CREATE`].
#[derive(Default)]
#[repr(C)]
pub(crate) struct MapCreate {
    pub(crate) map_type: u32,
    pub(crate) key_size: u32,
    pub(crate) value_size: u32,
    pub(crate) max_entries: u32,
}

/// The members of `union bpf_attr` for [`BPF_MAP_UPDATE_ELEM`]. Key and value are addresses.
#[derive(Default)]
#[repr(C)]
pub(crate) struct MapUpdate {
    pub(crate) map_fd: u32,
    pub(crate) padding: u32,
    pub(crate) key: u64,
    pub(crate) value: u64,
    pub(crate) flags: u64,
}

/// The members of `union bpf_attr` for [`BPF_OBJ_GET_INFO_BY_FD`]. The information goes to an
/// address.
#[derive(Default)]
#[repr(C)]
pub(crate) struct ObjectInfo {
    pub(crate) bpf_fd: u32,
    pub(crate) info_len: u32,
    pub(crate) info: u64,
}

/// The first members of `struct bpf_map_info`.
#[derive(Default)]
#[repr(C)]
pub(crate) struct MapInfo {
    pub(crate) map_type: u32,
    pub(crate) id: u32,
}

/// The members of `union bpf_attr` for [`BPF_PROG_LOAD`]. Instructions, licence and log are
/// addresses.
#[derive(Default)]
#[repr(C)]
pub(crate) struct ProgLoad {
    pub(crate) prog_type: u32,
    pub(crate) insn_cnt: u32,
    pub(crate) insns: u64,
    pub(crate) license: u64,
    pub(crate) log_level: u32,
    pub(crate) log_size: u32,
    pub(crate) log_buf: u64,
    pub(crate) kern_version: u32,
    pub(crate) prog_flags: u32,
    pub(crate) prog_name: [u8; 16],
    pub(crate) prog_ifindex: u32,
    pub(crate) expected_attach_type: u32,
}

/// The members of `union bpf_attr` for [`BPF_LINK_CREATE`].
#[derive(Default)]
#[repr(C)]
pub(crate) struct LinkCreate {
    pub(crate) prog_fd: u32,
    pub(crate) target_ifindex: u32,
    pub(crate) attach_type: u32,
    pub(crate) flags: u32,
}

/// An instruction of a program (`struct bpf_insn`).
#[derive(Clone, Copy)]
#[repr(C)]
pub(crate) struct Instruction {
    code: u8,
    registers: u8,
    offset: i16,
    immediate: i32,
}

impl Instruction {
    /// Returns an instruction. The two registers are bit fields, which lie in the order of the
    /// machine's bytes.
    pub(crate) const fn new(code: u8, to: u8, from: u8, offset: i16, immediate: i32) -> Self {
        let registers = if cfg!(target_endian = "little") {
            from << 4 | to
        } else {
            to << 4 | from
        };
        Self {
            code,
            registers,
            offset,
            immediate,
        }
    }
}
