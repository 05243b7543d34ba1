//! Structs that are made where they shall lie. By value they would be moved on the way, and each move
//! takes their size of the stack, which may be a small one.

/// Writes the fields of a struct at a place, which is the caller's alone. No value may leave the
/// function: what was written before would be lost. Fields that are `made` are there already.
macro_rules! lay_out {
    ($at:expr, $type:ident { $($field:ident: $value:expr),* $(,)? } $(made $($made:ident),*)?) => {{
        // All fields are named, or this does not compile.
        let _ = |all: $type| {
            let $type { $($field: _,)* $($($made: _),*)? } = all;
        };
        let at: *mut $type = $at;
        $({
            let value = $value;
            // SAFETY: the field's place in the struct's.
            let field = unsafe { &raw mut (*at).$field };
            // SAFETY: as above; what was there is not looked at.
            unsafe { field.write(value) };
        })*
    }};
}

pub(crate) use lay_out;
