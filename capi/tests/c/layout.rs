use std::fs;
use std::path::Path;
use std::process::Command;

use crate::{has_c, is_here, prefix, succeeded};

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn files(directory: &Path) -> Vec<String> {
    let entries = fs::read_dir(directory).unwrap();
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let mut names: Vec<_> = names.collect();
    names.sort();
    names
}

#[test]
fn installed_is_what_cargo_cinstall_installs() {
    if !has_c("the layout") {
        return;
    }
    let (minor, _patch) = VERSION.rsplit_once('.').unwrap();
    let lib = prefix().join("lib");
    let whole = format!("libframewell.so.{VERSION}");
    let linked = format!("libframewell.so.{minor}");
    let expected = [
        "libframewell.a",
        "libframewell.so",
        &linked,
        &whole,
        "pkgconfig",
    ];
    assert_eq!(files(&lib), expected);
    assert_eq!(files(&lib.join("pkgconfig")), ["framewell.pc"]);
    assert_eq!(files(&prefix().join("include")), ["framewell.h"]);
    for link in ["libframewell.so", &linked] {
        assert_eq!(fs::read_link(lib.join(link)).unwrap(), Path::new(&whole));
    }
    let pc = fs::read_to_string(lib.join("pkgconfig/framewell.pc")).unwrap();
    for line in [
        format!("Version: {VERSION}"),
        "Libs: -L${libdir} -lframewell".into(),
    ] {
        assert!(
            pc.lines().any(|other| other == line),
            "no \"{line}\" in {pc}"
        );
    }
    let private = pc
        .lines()
        .find_map(|line| line.strip_prefix("Libs.private: "));
    assert!(
        private.is_some_and(|libraries| libraries.contains("-lc")),
        "{pc}"
    );
}

#[test]
fn shared_library_has_its_name_and_stays_where_it_is_loaded() {
    if !has_c("the shared library's name") {
        return;
    }
    if !is_here("readelf") {
        return eprintln!("not run: the shared library's name: no readelf");
    }
    let library = prefix().join("lib/libframewell.so");
    let dynamic = succeeded(Command::new("readelf").arg("-d").arg(library));
    let (minor, _patch) = VERSION.rsplit_once('.').unwrap();
    assert!(
        dynamic.contains(&format!("[libframewell.so.{minor}]")),
        "{dynamic}"
    );
    assert!(dynamic.contains("NODELETE"), "{dynamic}");
}
