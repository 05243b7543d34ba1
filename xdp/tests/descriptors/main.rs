//! Descriptors of any value, as the fuzzer of `fuzz/` makes them, and those that it has kept.

// Where an offset in a file has 32 bits there are no rings.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

mod calls;

use std::fs;

use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn any_descriptors_give_back_what_is_lent_and_no_more(
        data in proptest::collection::vec(any::<u8>(), 0..1200),
    ) {
        calls::run(&data);
    }
}

#[test]
fn the_descriptors_that_the_fuzzer_kept_do_too() {
    let kept = concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz/corpus/descriptors");
    let inputs: Vec<_> = fs::read_dir(kept).unwrap().collect();
    assert!(!inputs.is_empty());
    for input in inputs {
        calls::run(&fs::read(input.unwrap().path()).unwrap());
    }
}
