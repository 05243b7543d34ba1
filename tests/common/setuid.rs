//! Runs a test's own binary once more, as a set-uid program of root's that another user starts.

use std::env;
use std::fs::{self, DirBuilder, Permissions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::PathBuf;
use std::process::{self, Command};

/// The id of a user without rights, usually that of nobody.
const USER: u32 = 65534;

/// The text that a child prints if it runs with only the user's rights.
const PLAIN: &str = "no rights beside the user's";

/// Returns whether the calling process runs as a set-uid program, and says so if it does not.
pub(crate) fn here() -> bool {
    // SAFETY: getauxval has no preconditions.
    let secure = unsafe { libc::getauxval(libc::AT_SECURE) != 0 };
    if !secure {
        println!("{PLAIN}");
    }
    secure
}

/// A folder with the program, which anyone may look into. It is removed when it is dropped.
struct Home(PathBuf);

impl Home {
    fn new(name: &str) -> io::Result<Self> {
        let folder = format!("framewell-setuid-{name}-{}", process::id());
        let home = Self(env::temp_dir().join(folder));
        DirBuilder::new().mode(0o755).create(&home.0)?;
        fs::copy(env::current_exe()?, home.program())?;
        fs::set_permissions(home.program(), Permissions::from_mode(0o4755))?;
        Ok(home)
    }

    fn program(&self) -> PathBuf {
        self.0.join("program")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Runs only this test, which is ignored otherwise, as a set-uid program with these variables. It
/// must pass. The error says why the machine cannot run it.
#[track_caller]
pub(crate) fn run(test: &str, variables: &[(&str, &str)]) -> Result<(), String> {
    // SAFETY: geteuid has no preconditions.
    if unsafe { libc::geteuid() } != 0 {
        return Err("a set-uid program: only root makes one of root's".into());
    }
    let refused = |refused: io::Error| format!("a set-uid program: {refused}");
    let home = Home::new(test).map_err(refused)?;
    let ended = Command::new(home.program())
        .args(["--exact", test, "--ignored", "--nocapture"])
        .envs(variables.iter().copied())
        .current_dir("/")
        .uid(USER)
        .gid(USER)
        .output()
        .map_err(refused)?;
    let text = String::from_utf8_lossy(&ended.stdout);
    let error = String::from_utf8_lossy(&ended.stderr);
    if text.contains(PLAIN) {
        let place = home.0.display();
        return Err(format!("a set-uid program: it has no effect in {place}"));
    }
    assert!(ended.status.success(), "{variables:?}: {text}\n{error}");
    assert!(text.contains("1 passed"), "{text}");
    Ok(())
}
