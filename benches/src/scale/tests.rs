//! Tests that the curves hold what they say.

use super::growth::measure;
use super::{Effort, Over, metadata};

const SMALL: Effort = Effort {
    rounds: 3,
    frames: 1 << 14,
    threads: 4,
};

#[test]
fn curves_have_a_point_for_each_place_and_begin_at_one() {
    for (over, places) in [
        (Over::FramesPair, vec![1 << 10, 1 << 12, 1 << 14]),
        (Over::Threads, vec![1, 2, 4]),
    ] {
        let growth = measure(over, SMALL);
        let at: Vec<usize> = growth.points.iter().map(|point| point.at).collect();
        assert_eq!(at, places);
        assert_eq!(growth.points[0].times.median, 1.0);
        assert!(growth.range() >= 0.0);
        assert_eq!(growth.curve().series[0].points.len(), places.len());
    }
}

#[test]
fn metadata_grows_with_the_frames_and_no_faster() {
    let sizes = metadata::of_sizes(1 << 22);
    let first = sizes[0].a_frame();
    for metadata in sizes {
        assert!(
            (metadata.a_frame() / first - 1.0).abs() < 0.01,
            "{metadata:?}"
        );
        assert!(metadata.a_frame() >= 4.0, "an id at rest takes 4 bytes");
        // These sizes are 64 Ki, 256 Ki, 1 Mi and 4 Mi.
        if metadata.frames >= 1 << 16 {
            assert!(metadata.a_frame() <= 20.0, "{metadata:?}");
        }
    }
}
