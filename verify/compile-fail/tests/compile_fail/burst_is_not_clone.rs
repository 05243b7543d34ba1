//! A burst owns its frames.

fn cloned<T: Clone>(of: &T) -> T {
    of.clone()
}

fn main() {
    let _ = cloned(&framewell::Burst::<4>::new());
}
