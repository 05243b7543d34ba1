//! The environment variables, which a privileged program must not trust.

use std::env;
use std::ffi::OsString;

/// Returns the value of an environment variable, if it is set and may be trusted.
///
/// Returns `None` in a program that has rights which whoever started it need not have: set-uid,
/// set-gid, or capabilities of the file (`AT_SECURE` on Linux).
///
/// The library and the C library read all their variables by this function, when a pool is made. It
/// allocates.
///
/// ```
/// use framewell::for_the_c_library::variable;
///
/// assert_eq!(variable("FRAMEWELL_NO_SUCH_VARIABLE"), None);
/// ```
pub fn variable(name: &str) -> Option<OsString> {
    env::var_os(name).filter(|_| !has_rights_of_others())
}

/// Returns whether the process has rights that whoever started it need not have.
#[cfg(any(target_os = "linux", target_os = "android"))]
fn has_rights_of_others() -> bool {
    // SAFETY: getauxval has no preconditions; it returns 0 where the kernel does not say.
    unsafe { libc::getauxval(libc::AT_SECURE) != 0 }
}

/// Returns whether the process has such rights, or had them before it gave them up. This is
/// `issetugid` of the BSDs and of macOS.
#[cfg(any(
    target_vendor = "apple",
    target_os = "dragonfly",
    target_os = "freebsd",
    target_os = "netbsd",
    target_os = "openbsd"
))]
fn has_rights_of_others() -> bool {
    // SAFETY: issetugid has no preconditions.
    unsafe { libc::issetugid() != 0 }
}

#[cfg(all(
    unix,
    not(any(
        target_vendor = "apple",
        target_os = "android",
        target_os = "dragonfly",
        target_os = "freebsd",
        target_os = "linux",
        target_os = "netbsd",
        target_os = "openbsd"
    ))
))]
fn has_rights_of_others() -> bool {
    // SAFETY: getuid has no preconditions.
    let user = unsafe { libc::getuid() };
    // SAFETY: geteuid has no preconditions.
    let acting_user = unsafe { libc::geteuid() };
    // SAFETY: getgid has no preconditions.
    let group = unsafe { libc::getgid() };
    // SAFETY: getegid has no preconditions.
    let acting_group = unsafe { libc::getegid() };
    (user, group) != (acting_user, acting_group)
}

/// Returns `false`: a program on Windows has the rights of the user who starts it.
#[cfg(windows)]
fn has_rights_of_others() -> bool {
    false
}
