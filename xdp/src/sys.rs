//! The system calls that the crate makes, each as a function that returns the kernel's answer.

use std::ffi::c_void;
use std::io;
use std::mem::{MaybeUninit, zeroed};
use std::os::fd::{AsRawFd, FromRawFd, OwnedFd, RawFd};
use std::ptr;

use libc::{c_int, c_long, socklen_t};

/// Turns the answer of a system call into a result: −1 means that `errno` has the reason.
fn answer(value: c_int) -> io::Result<c_int> {
    if value == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(value)
}

/// Takes over a descriptor that a system call has just made.
fn owned(value: c_int) -> io::Result<OwnedFd> {
    let fd = answer(value)?;
    // SAFETY: the call that answered `fd` made it, and nobody else has its number.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

/// Makes an AF_XDP socket, which an exec closes.
pub(crate) fn socket() -> io::Result<OwnedFd> {
    // SAFETY: the call takes no pointer.
    owned(unsafe { libc::socket(libc::AF_XDP, libc::SOCK_RAW | libc::SOCK_CLOEXEC, 0) })
}

/// Makes memory of so many bytes behind a descriptor, which an exec closes. None of it is there
/// before it is used.
pub(crate) fn memory(bytes: u64) -> io::Result<OwnedFd> {
    // Where an offset has 32 bits there is no such memory.
    let bytes = libc::off_t::try_from(bytes).map_err(|_| io::ErrorKind::Unsupported)?;
    // SAFETY: the name ends with a zero byte.
    let memory = owned(unsafe { libc::memfd_create(c"rings".as_ptr(), libc::MFD_CLOEXEC) })?;
    // SAFETY: the call takes no pointer.
    answer(unsafe { libc::ftruncate(memory.as_raw_fd(), bytes) })?;
    Ok(memory)
}

/// Makes a pipe, which an exec closes: the end to read from, and the end to write to.
pub(crate) fn pipe() -> io::Result<(OwnedFd, OwnedFd)> {
    let mut ends = [-1; 2];
    // SAFETY: there is room for two descriptors.
    answer(unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) })?;
    Ok((owned(ends[0])?, owned(ends[1])?))
}

/// Makes a copy of a descriptor whose number is at least `least`, and which an exec closes.
pub(crate) fn copy_from_number(fd: &OwnedFd, least: RawFd) -> io::Result<OwnedFd> {
    // SAFETY: the command takes a number, and no pointer.
    owned(unsafe { libc::fcntl(fd.as_raw_fd(), libc::F_DUPFD_CLOEXEC, least) })
}

/// Sets an option of an AF_XDP socket.
pub(crate) fn set_option<T>(fd: RawFd, option: c_int, value: &T) -> io::Result<()> {
    let len = size_of::<T>() as socklen_t;
    // SAFETY: `value` is valid for the length given, and the kernel only reads it.
    answer(unsafe {
        libc::setsockopt(fd, libc::SOL_XDP, option, ptr::from_ref(value).cast(), len)
    })?;
    Ok(())
}

/// A value that the kernel may fill with any bytes.
///
/// # Safety
///
/// - All bit patterns are values of the type, all zeros among them.
pub(crate) unsafe trait Plain {}

// SAFETY: an integer.
unsafe impl Plain for c_int {}
// SAFETY: a structure of integers.
unsafe impl Plain for libc::xdp_mmap_offsets {}
// SAFETY: a structure of integers.
unsafe impl Plain for libc::xdp_statistics {}
// SAFETY: a structure of integers.
unsafe impl Plain for libc::xdp_options {}

/// Returns an option of a socket, and how many bytes of it the kernel wrote. The rest is zero.
pub(crate) fn option<T: Plain>(fd: RawFd, level: c_int, option: c_int) -> io::Result<(T, usize)> {
    let mut value = MaybeUninit::<T>::zeroed();
    let mut len = size_of::<T>() as socklen_t;
    // SAFETY: `value` has room for `len` bytes.
    answer(unsafe { libc::getsockopt(fd, level, option, value.as_mut_ptr().cast(), &mut len) })?;
    // SAFETY: all zeros is a value of the type, and so is what the kernel wrote over it (`Plain`).
    Ok((unsafe { value.assume_init() }, len as usize))
}

/// Binds an AF_XDP socket.
pub(crate) fn bind(fd: RawFd, address: &libc::sockaddr_xdp) -> io::Result<()> {
    let len = size_of::<libc::sockaddr_xdp>() as socklen_t;
    // SAFETY: the address is valid for the length given.
    answer(unsafe { libc::bind(fd, ptr::from_ref(address).cast(), len) })?;
    Ok(())
}

/// Has the kernel work on the TX ring.
pub(crate) fn kick_tx(fd: RawFd) -> io::Result<()> {
    // SAFETY: a length of 0 means that no byte is read at the address.
    let sent = unsafe { libc::sendto(fd, ptr::null(), 0, libc::MSG_DONTWAIT, ptr::null(), 0) };
    if sent < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Has the driver look at the fill ring.
pub(crate) fn kick_rx(fd: RawFd) -> io::Result<()> {
    let none: *mut c_void = ptr::null_mut();
    // SAFETY: a length of 0 means that no byte is written at the address, and no sender is asked
    // for.
    let received = unsafe {
        libc::recvfrom(
            fd,
            none,
            0,
            libc::MSG_DONTWAIT,
            ptr::null_mut(),
            ptr::null_mut(),
        )
    };
    if received < 0 {
        return Err(io::Error::last_os_error());
    }
    Ok(())
}

/// Waits for events of a descriptor, for at most so many milliseconds, and returns those that came.
/// A signal ends the wait early, without an event.
pub(crate) fn poll(fd: RawFd, events: libc::c_short, milliseconds: c_int) -> io::Result<c_int> {
    let mut wait = libc::pollfd {
        fd,
        events,
        revents: 0,
    };
    // SAFETY: there is one `pollfd`.
    match answer(unsafe { libc::poll(&mut wait, 1, milliseconds) }) {
        Ok(_) => Ok(wait.revents.into()),
        Err(error) if error.kind() == io::ErrorKind::Interrupted => Ok(0),
        Err(error) => Err(error),
    }
}

/// Calls bpf(2) with the members of its union that the command needs.
///
/// # Safety
///
/// - The addresses in `attributes` are valid for what the command reads there.
pub(crate) unsafe fn bpf<T>(command: c_int, attributes: &mut T) -> io::Result<c_int> {
    let (at, len) = (ptr::from_mut(attributes), size_of::<T>() as c_long);
    // SAFETY: the structure is valid for its length, and what it points to is by the first bullet.
    let value = unsafe { libc::syscall(libc::SYS_bpf, c_long::from(command), at, len) };
    answer(value as c_int)
}

/// Calls bpf(2) with a command that makes a descriptor.
///
/// # Safety
///
/// - The bullet of [`bpf`] holds, and the command makes a descriptor.
pub(crate) unsafe fn bpf_object<T>(command: c_int, attributes: &mut T) -> io::Result<OwnedFd> {
    // SAFETY: by the function's bullet.
    owned(unsafe { bpf(command, attributes) }?)
}

/// Returns the capabilities in effect for this thread, a bit each.
pub(crate) fn capabilities() -> io::Result<u64> {
    /// `struct __user_cap_header_struct` and two of `struct __user_cap_data_struct`.
    const VERSION_3: u32 = 0x2008_0522;
    let mut header = [VERSION_3, 0];
    let mut sets = [[0_u32; 3]; 2];
    let (header, data) = (header.as_mut_ptr(), sets.as_mut_ptr());
    // SAFETY: version 3 reads a header of two words, and writes two times three words.
    if unsafe { libc::syscall(libc::SYS_capget, header, data) } == -1 {
        return Err(io::Error::last_os_error());
    }
    Ok(u64::from(sets[1][0]) << 32 | u64::from(sets[0][0]))
}

/// Returns the number of an interface in the network namespace of this thread.
pub(crate) fn interface_index(name: &std::ffi::CStr) -> io::Result<u32> {
    // SAFETY: the name ends with a zero byte.
    match unsafe { libc::if_nametoindex(name.as_ptr()) } {
        0 => Err(io::Error::last_os_error()),
        index => Ok(index),
    }
}

/// Returns the number of this process.
pub(crate) fn process() -> libc::pid_t {
    // SAFETY: getpid has no preconditions.
    unsafe { libc::getpid() }
}

/// Returns an address of a socket with nothing in it.
pub(crate) fn no_address() -> libc::sockaddr_xdp {
    // SAFETY: a structure of integers.
    unsafe { zeroed() }
}
