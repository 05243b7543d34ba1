//! Making a struct where it lies in the end. A struct that is made by value is moved on the way,
//! and each move takes its size of the stack, which may be a small one.

/// Writes the fields of a struct at a place, which is the caller's alone.
///
/// No value may return from the function early, because the fields written before would be lost.
/// The fields that are `made` are there already.
macro_rules! init_in_place {
    ($at:expr, $type:ident { $($field:ident: $value:expr),* $(,)? } $(made $($made:ident),*)?) => {{
        // Unless all fields are named, this does not compile.
        let _ = |all: $type| {
            let $type { $($field: _,)* $($($made: _),*)? } = all;
        };
        let at: *mut $type = $at;
        $({
            let value = $value;
            // SAFETY: the field's place lies in the struct's.
            let field = unsafe { &raw mut (*at).$field };
            // SAFETY: as above; the write does not read what was there.
            unsafe { field.write(value) };
        })*
    }};
}

pub(crate) use init_in_place;
