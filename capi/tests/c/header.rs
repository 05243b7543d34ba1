//! Compares the header with the Rust side: functions, structs, constants, defaults.

use std::collections::BTreeSet;
use std::fmt::Write;
use std::fs;
use std::mem::{offset_of, size_of};
use std::path::PathBuf;
use std::process::Command;

use framewell_capi::types::*;

use crate::{capi, compiled, has_c, scratch};

const HEADER: &str = include_str!("../../include/framewell.h");
const TYPES: &str = include_str!("../../src/types.rs");

fn sources() -> Vec<PathBuf> {
    let entries = fs::read_dir(capi("src")).unwrap();
    entries.map(|entry| entry.unwrap().path()).collect()
}

/// Returns the C declarations of the functions that Rust exports, as cbindgen makes them.
fn declarations() -> String {
    let mut config = cbindgen::Config {
        language: cbindgen::Language::C,
        style: cbindgen::Style::Type,
        no_includes: true,
        documentation: false,
        ..Default::default()
    };
    config.export.item_types = vec![cbindgen::ItemType::Functions];
    let copies = scratch("declared");
    for source in sources() {
        // cbindgen ignores "system", which is the same as "C" except on 32-bit Windows.
        let text = fs::read_to_string(&source)
            .unwrap()
            .replace("extern \"system\"", "extern \"C\"");
        fs::write(copies.join(source.file_name().unwrap()), text).unwrap();
    }
    let mut text = Vec::new();
    // cbindgen follows the modules from lib.rs.
    let builder = cbindgen::Builder::new().with_src(copies.join("lib.rs"));
    builder
        .with_config(config)
        .generate()
        .unwrap()
        .write(&mut text);
    String::from_utf8(text).unwrap()
}

/// Returns the names before the first parenthesis of declarations, which start at the left margin.
fn declared(text: &str) -> BTreeSet<String> {
    let lines = text
        .lines()
        .filter(|line| line.starts_with(|c: char| c.is_ascii_alphabetic()));
    let lines = lines.filter(|line| !line.starts_with("typedef"));
    let before = lines.filter_map(|line| line.split_once('(').map(|(before, _)| before));
    let names = before.filter_map(|before| before.rsplit([' ', '*']).next());
    names.map(str::to_owned).collect()
}

#[test]
fn header_declares_the_functions_that_are_exported() {
    let declarations = declarations();
    let exported = declared(&declarations);
    assert!(exported.len() >= 36, "{declarations}");
    assert_eq!(declared(HEADER), exported);
    if !has_c("the functions' declarations") {
        return;
    }
    let source = scratch("declarations").join("declarations.c");
    fs::write(&source, format!("#include <framewell.h>\n#include <stdbool.h>\n{declarations}\nint main(void) {{ return 0; }}\n")).unwrap();
    compiled(&source, &[]);
}

#[test]
fn four_functions_have_the_calling_convention_of_windows() {
    for source in sources() {
        for line in fs::read_to_string(&source).unwrap().lines() {
            let Some((_, rest)) = line.split_once(" fn ").filter(|_| line.starts_with("pub "))
            else {
                continue;
            };
            let name = rest.split('(').next().unwrap();
            let declared = HEADER
                .lines()
                .find(|line| line.contains(&format!("{name}(")));
            if line.contains("extern \"system\"") {
                assert!(
                    declared
                        .unwrap()
                        .contains(&format!("FRAMEWELL_WINAPI {name}(")),
                    "{name}"
                );
            } else if line.contains("extern \"C\"") {
                assert!(!declared.unwrap().contains("FRAMEWELL_WINAPI"), "{name}");
            }
        }
    }
}

fn size_of_member<T, M>(_: impl Fn(&T) -> &M) -> usize {
    size_of::<M>()
}

/// Writes assertions on a struct's size, and on each member's place and size. A struct with a
/// member that is not named here does not compile.
macro_rules! layout {
    ($c:expr, $name:ident { $($member:ident),* }) => {
        #[allow(unused_variables, reason = "the pattern has every member")]
        let every_member = |all: &$name| { let $name { $($member),* } = all; };
        writeln!($c, "SAME(sizeof({}), {});", stringify!($name), size_of::<$name>()).unwrap();
        $(
            let (name, member) = (stringify!($name), stringify!($member));
            writeln!($c, "SAME(offsetof({name}, {member}), {});", offset_of!($name, $member)).unwrap();
            let size = size_of_member(|all: &$name| &all.$member);
            writeln!($c, "SAME(sizeof((({name} *)0)->{member}), {size});").unwrap();
        )*
    };
}

fn layouts() -> String {
    let mut c = String::new();
    layout!(
        c,
        framewell_misuse {
            pointer,
            kind,
            borrower,
            headroom,
            len,
            room
        }
    );
    layout!(
        c,
        framewell_span {
            offset,
            len,
            options
        }
    );
    layout!(
        c,
        framewell_region {
            struct_size,
            base,
            stride,
            len
        }
    );
    layout!(
        c,
        framewell_config {
            struct_size,
            frames,
            payload,
            headroom,
            tailroom,
            stride,
            cache_size,
            shards,
            front,
            huge_pages,
            prefault,
            zero_on_free,
            dot11_bytes,
            size_classes,
            size_class_count,
            on_misuse,
            on_misuse_context,
            abort_on_misuse
        }
    );
    layout!(
        c,
        framewell_found {
            start,
            capacity,
            kind,
            is_out,
            is_lent,
            reserved
        }
    );
    layout!(
        c,
        framewell_trimmed {
            chunks,
            bytes,
            pinned
        }
    );
    layout!(
        c,
        framewell_stats {
            struct_size,
            capacity,
            free,
            out,
            payload,
            headroom,
            tailroom,
            stride,
            base,
            refusals,
            misuses,
            metadata,
            dot11_out,
            dot11_large,
            dot11_large_bytes,
            dot11_chunks,
            front,
            pages,
            borrowers,
            lent
        }
    );
    layout!(
        c,
        framewell_dot11ext_apis {
            Dot11ExtAllocateBuffer,
            Dot11ExtFreeBuffer
        }
    );
    c
}

/// Returns the constants of the Rust side, which are written `pub const NAME: u32 = VALUE;`.
fn constants() -> Vec<(&'static str, String)> {
    let lines = TYPES
        .lines()
        .filter_map(|line| line.strip_prefix("pub const "));
    let constants = lines.filter_map(|line| {
        let (name, value) = line.strip_suffix(';')?.split_once(": u32 = ")?;
        Some((name, value.replace('_', "")))
    });
    constants.collect()
}

/// Returns the names that the header defines as numbers.
fn numbers() -> BTreeSet<&'static str> {
    let lines = HEADER
        .lines()
        .filter_map(|line| line.strip_prefix("#define "));
    let defined = lines.filter_map(|line| line.split_once(' '));
    let numbers = defined.filter(|(name, value)| {
        !name.contains("VERSION") && value.trim_start().starts_with(|c: char| c.is_ascii_digit())
    });
    numbers.map(|(name, _)| name).collect()
}

#[test]
fn structs_and_constants_are_those_of_rust() {
    let constants = constants();
    let names: BTreeSet<_> = constants.iter().map(|(name, _)| *name).collect();
    assert!(names.len() >= 25, "{names:?}");
    assert_eq!(numbers(), names);
    if !has_c("the structs' layouts") {
        return;
    }
    let mut c =
        String::from("#include <framewell.h>\n#define SAME(a, b) _Static_assert((a) == (b), #a)\n");
    c += &layouts();
    for (name, value) in constants {
        writeln!(c, "SAME({name}, {value});").unwrap();
    }
    for (part, value) in ["MAJOR", "MINOR", "PATCH"]
        .iter()
        .zip(env!("CARGO_PKG_VERSION").split('.'))
    {
        writeln!(c, "SAME(FRAMEWELL_VERSION_{part}, {value});").unwrap();
    }
    c += "int main(void) { return 0; }\n";
    let source = scratch("layouts").join("layouts.c");
    fs::write(&source, c).unwrap();
    compiled(&source, &[]);
}

#[test]
fn defaults_are_those_of_rust() {
    if !has_c("the defaults") {
        return;
    }
    let source = scratch("defaults").join("defaults.c");
    fs::write(
        &source,
        "#include <framewell.h>\n#include <stdio.h>\nint main(void) {\n\
         framewell_config config = FRAMEWELL_CONFIG_DEFAULTS;\n\
         return fwrite(&config, sizeof config, 1, stdout) != 1;\n}\n",
    )
    .unwrap();
    let program = compiled(&source, &[]);
    let output = Command::new(program).output().unwrap().stdout;
    let c = |offset: usize, size: usize| {
        let bytes = output[offset..offset + size].iter().rev();
        bytes.fold(0_u64, |number, byte| number << 8 | u64::from(*byte))
    };
    let rust = framewell_config::default();
    macro_rules! same {
        ($($member:ident: $type:ty),*) => {
            $(
                let in_c = c(offset_of!(framewell_config, $member), size_of::<$type>());
                assert_eq!(in_c, rust.$member as u64, stringify!($member));
            )*
        };
    }
    same!(struct_size: usize, frames: usize, payload: usize, headroom: usize, tailroom: usize, stride: usize);
    same!(cache_size: usize, shards: usize, front: u32, huge_pages: u32, prefault: u32, zero_on_free: u32);
    same!(dot11_bytes: usize, size_classes: usize, size_class_count: usize, abort_on_misuse: u32);
    assert_eq!(
        c(offset_of!(framewell_config, on_misuse), size_of::<usize>()),
        0
    );
    assert_eq!(
        c(
            offset_of!(framewell_config, on_misuse_context),
            size_of::<usize>()
        ),
        0
    );
}
