//! Descriptors of any value.

// Where an offset in a file has 32 bits there are no rings.
#![cfg(all(target_os = "linux", target_pointer_width = "64"))]

mod calls;

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
