//! The network, the sender, and the clock.

use std::error::Error;
use std::io;
use std::net::UdpSocket;
use std::os::fd::AsRawFd;
use std::process::Command;
use std::time::Duration;

/// The interface that packets are reflected on.
pub(crate) const NAME: &str = "far";

/// The bytes of the Ethernet, IPv4 and UDP headers.
const HEADERS: usize = 14 + 20 + 8;

/// The packets that are sent before the first one must be back.
const WINDOW: u64 = 64;

/// Gives the process a network namespace of its own.
pub(crate) fn isolate() -> io::Result<()> {
    // SAFETY: the call takes no pointer.
    if unsafe { libc::unshare(libc::CLONE_NEWNET) } != 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Makes the virtual pair. The near end is the kernel's, with an address.
pub(crate) fn veth() -> Result<(), Box<dyn Error>> {
    // Packets of the kernel's own accord would be reflected, and disturb.
    std::fs::write("/proc/sys/net/ipv6/conf/default/disable_ipv6", "1")?;
    let commands = [
        "link add name near address 02:00:00:00:00:01 type veth peer name far address \
         02:00:00:00:00:02",
        "link set dev near up",
        "link set dev far up",
        "addr add 10.0.0.1/24 dev near",
        "neigh replace 10.0.0.2 lladdr 02:00:00:00:00:02 dev near nud permanent",
    ];
    for command in commands {
        if !Command::new("ip")
            .args(command.split(' '))
            .status()?
            .success()
        {
            return Err(format!("ip {command}").into());
        }
    }
    Ok(())
}

/// Turns a UDP packet round: its addresses and ports change places. It returns false for any other
/// packet.
#[inline(always)]
pub(crate) fn turn_round(packet: &mut [u8]) -> bool {
    if packet.len() < HEADERS || packet[12..14] != [8, 0] || packet[23] != 17 {
        return false;
    }
    for (from, to, len) in [(0, 6, 6), (26, 30, 4), (34, 36, 2)] {
        let (before, behind) = packet.split_at_mut(to);
        before[from..from + len].swap_with_slice(&mut behind[..len]);
    }
    true
}

/// Returns the CPU time of the calling thread.
pub(crate) fn cpu_time() -> Duration {
    let mut time = libc::timespec {
        tv_sec: 0,
        tv_nsec: 0,
    };
    // SAFETY: there is room for the time.
    unsafe { libc::clock_gettime(libc::CLOCK_THREAD_CPUTIME_ID, &mut time) };
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// The kernel's UDP, which sends packets and checks what comes back.
pub(crate) struct Sender {
    socket: UdpSocket,
    len: usize,
}

impl Sender {
    pub(crate) fn new(frame_len: usize) -> Result<Self, Box<dyn Error>> {
        let len = frame_len.checked_sub(HEADERS + 8).map(|rest| rest + 8);
        let len = len.ok_or("a packet has at least 50 bytes")?;
        let socket = UdpSocket::bind("10.0.0.1:4000")?;
        socket.connect("10.0.0.2:4000")?;
        socket.set_read_timeout(Some(Duration::from_secs(10)))?;
        // A packet that is turned round would have to have its checksum corrected.
        let on: libc::c_int = 1;
        let at = (&raw const on).cast();
        let (level, option) = (libc::SOL_SOCKET, libc::SO_NO_CHECK);
        // SAFETY: the value is valid for the length given.
        unsafe { libc::setsockopt(socket.as_raw_fd(), level, option, at, 4) };
        Ok(Self { socket, len })
    }

    /// Sends packets and takes them back.
    ///
    /// # Panics
    ///
    /// It panics if a packet does not come back, or not in its order.
    pub(crate) fn run(&self, packets: u64) {
        let mut bytes = vec![0; self.len];
        let mut back = vec![0; self.len + 1];
        let mut number = 0_u64;
        while number < packets {
            let end = packets.min(number + WINDOW);
            for number in number..end {
                bytes[..8].copy_from_slice(&number.to_le_bytes());
                self.socket.send(&bytes).expect("the kernel sends");
            }
            for number in number..end {
                let n = self.socket.recv(&mut back).expect("each packet comes back");
                assert_eq!((n, &back[..8]), (self.len, &number.to_le_bytes()[..]));
            }
            number = end;
        }
    }
}
