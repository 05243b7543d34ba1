//! A line on the standard error, which is written without a lock and without the heap.
//!
//! std's standard error lies behind a lock. A thread that was writing may have owned it when
//! another one forked, and the child would wait for it for ever. A signal handler may have
//! interrupted its owner. So the line is made on the stack, and handed to the system by one call.
//!
//! Source: signal-safety(7), which lists write(2); fork(2).

use std::fmt::{self, Write};

/// The longest line in bytes, its end included. A longer line is cut.
const MOST: usize = 512;

/// Writes a line to the standard error. If the process has none, or a full one, nothing else
/// happens.
pub fn say(message: fmt::Arguments<'_>) {
    let mut line = Line {
        bytes: [0; MOST],
        len: 0,
    };
    // An error is a line that was cut, or a Display of an argument that gave up. What is there is
    // written.
    let _ = line.write_fmt(format_args!("framewell: {message}"));
    line.bytes[line.len] = b'\n';
    write(&line.bytes[..=line.len]);
}

/// What was written so far. There is always room for the end of the line.
struct Line {
    bytes: [u8; MOST],
    len: usize,
}

impl fmt::Write for Line {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let room = MOST - 1 - self.len;
        let boundary = |at: &usize| text.is_char_boundary(*at);
        let fits = (0..=room.min(text.len())).rfind(boundary).unwrap_or(0);
        self.bytes[self.len..self.len + fits].copy_from_slice(&text.as_bytes()[..fits]);
        self.len += fits;
        if fits < text.len() {
            return Err(fmt::Error);
        }
        Ok(())
    }
}

#[cfg(unix)]
fn write(line: &[u8]) {
    // SAFETY: the bytes are a slice's. Whether they were taken is not reported.
    unsafe { libc::write(libc::STDERR_FILENO, line.as_ptr().cast(), line.len()) };
}

#[cfg(windows)]
fn write(line: &[u8]) {
    use std::ptr;
    use windows_sys::Win32::Storage::FileSystem::WriteFile;
    use windows_sys::Win32::System::Console::{GetStdHandle, STD_ERROR_HANDLE};

    // SAFETY: the call asks for one of the three names that there are.
    let handle = unsafe { GetStdHandle(STD_ERROR_HANDLE) };
    let mut written = 0;
    // SAFETY: the bytes are a slice's, and `written` outlives the call, which is not overlapped. A
    // handle that is none is refused, which is not reported.
    unsafe {
        WriteFile(
            handle,
            line.as_ptr(),
            line.len() as u32,
            &raw mut written,
            ptr::null_mut(),
        )
    };
}

#[cfg(all(test, not(loom)))]
mod tests {
    use super::*;

    fn line(text: &str) -> (Line, fmt::Result) {
        let mut line = Line {
            bytes: [0; MOST],
            len: 0,
        };
        let result = line.write_str(text);
        (line, result)
    }

    #[test]
    fn a_long_line_is_cut_between_characters_and_leaves_room_for_its_end() {
        // Two bytes a character, so that the last one would lie across the end.
        let text = "é".repeat(MOST);
        let (line, result) = line(&text);
        assert!(result.is_err());
        assert_eq!(line.len, MOST - 2);
        assert!(std::str::from_utf8(&line.bytes[..line.len]).is_ok());
    }

    #[test]
    fn a_short_line_is_kept() {
        let (line, result) = line("short");
        assert!(result.is_ok());
        assert_eq!(&line.bytes[..line.len], b"short");
    }
}
