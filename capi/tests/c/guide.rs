use std::fs;
use std::process::Command;

use crate::{compiled, has_c, scratch, succeeded};

const GUIDE: &str = include_str!("../../../docs/c-abi.md");

/// Returns the blocks of code in a language.
fn blocks(language: &str) -> impl Iterator<Item = &'static str> {
    let after = GUIDE.split(language).skip(1);
    after.map(|rest| rest.split("```").next().unwrap())
}

#[test]
fn code_of_the_guide_compiles_and_runs() {
    if !has_c("the code in docs/c-abi.md") {
        return;
    }
    let mut programs = 0;
    for (number, block) in blocks("```c\n").enumerate() {
        let source = scratch("guide").join(format!("block{number}.c"));
        fs::write(&source, block).unwrap();
        if block.contains("int main(") {
            succeeded(&mut Command::new(compiled(&source, &[])));
            programs += 1;
        } else {
            compiled(&source, &["-shared", "-fPIC"]);
        }
    }
    assert!(programs > 0);
}

#[test]
fn cmake_project_of_the_guide_is_the_one_that_is_built() {
    let project = include_str!("../../clients/cmake/CMakeLists.txt");
    assert!(blocks("```cmake\n").any(|block| block == project));
}
