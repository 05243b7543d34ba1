//! Turns what a caller asks for into a pool, or into a code and a sentence.

use std::ffi::{OsStr, c_char};
use std::mem;
use std::slice;

use framewell::for_the_c_library::variable;
use framewell::{BuildError, Front, HugePages, OnMisuse, Pool, PoolBuilder};

use crate::misuse::reporting;
use crate::text;
use crate::types::*;

/// The reason why there is no pool.
pub(crate) struct Refused {
    pub(crate) code: u32,
    pub(crate) message: String,
}

impl Refused {
    pub(crate) fn new(code: u32, message: impl Into<String>) -> Self {
        let message = message.into();
        Self { code, message }
    }

    /// Writes the message to `to` with an ending 0, as much of it as has room, and returns the
    /// code.
    ///
    /// # Safety
    ///
    /// - `to` is NULL or valid for `size` bytes.
    pub(crate) unsafe fn tell(&self, to: *mut c_char, size: usize) -> u32 {
        // SAFETY: the `# Safety` section of this function requires it.
        unsafe { text::write(&self.message, to, size) };
        self.code
    }
}

/// The settings that a pool of the C library is built from.
pub(crate) struct Wishes {
    builder: PoolBuilder,
    payload: usize,
    headroom: usize,
    /// Returns what a setting is called in messages.
    name: fn(&str) -> String,
    /// The code that is returned if a setting cannot be served.
    unserved: u32,
}

/// The most size classes that a pool can have, the built-in ones included.
const MAX_SIZE_CLASSES: usize = 128;

impl Wishes {
    /// Reads the settings from a config.
    ///
    /// # Safety
    ///
    /// - `config` is NULL or valid for the bytes that its `struct_size` says. Its members are what
    ///   the header says.
    pub(crate) unsafe fn of_config(config: *const framewell_config) -> Result<Self, Refused> {
        let refused = |code, message: String| Err(Refused::new(code, message));
        if config.is_null() {
            return refused(
                FRAMEWELL_ERROR_INVALID_PARAMETER,
                "the config is NULL".into(),
            );
        }
        // SAFETY: every version of the struct has this member first.
        let size = unsafe { (*config).struct_size };
        let known = mem::size_of::<framewell_config>();
        if size != known {
            return refused(
                FRAMEWELL_ERROR_CONFIG,
                format!(
                    "framewell_config.struct_size is {size}, and this library's struct has {known} bytes; start from \
                     FRAMEWELL_CONFIG_DEFAULTS, and compile with the header of this library"
                ),
            );
        }
        // SAFETY: the size is that of this version, so all members are there.
        let config = unsafe { &*config };
        let mut builder = Pool::builder()
            .frames(config.frames)
            .payload(config.payload)
            .headroom(config.headroom)
            .tailroom(config.tailroom)
            .front(choice("front", config.front, FRONTS)?)
            .huge_pages(choice("huge_pages", config.huge_pages, HUGE_PAGES)?)
            .prefault(choice("prefault", config.prefault, SWITCH)?)
            .zero_on_free(choice("zero_on_free", config.zero_on_free, SWITCH)?);
        if config.dot11_bytes != 0 {
            builder = builder.dot11_bytes(config.dot11_bytes);
        }
        if config.stride != 0 {
            builder = builder.stride(config.stride);
        }
        if config.cache_size != 0 {
            builder = builder.cache_size(config.cache_size);
        }
        if config.shards != 0 {
            builder = builder.shards(config.shards);
        }
        if config.size_class_count > 0 {
            if config.size_classes.is_null() {
                return refused(
                    FRAMEWELL_ERROR_CONFIG,
                    format!(
                        "framewell_config.size_classes is NULL, and size_class_count {}; set both or none",
                        config.size_class_count
                    ),
                );
            }
            // This is checked before the sizes are read: an array of that length need not exist.
            if config.size_class_count > MAX_SIZE_CLASSES {
                return refused(
                    FRAMEWELL_ERROR_CONFIG,
                    format!(
                        "framewell_config.size_class_count {} exceeds the limit of {MAX_SIZE_CLASSES} size classes in all; \
                         leave out some framewell_config.size_classes",
                        config.size_class_count
                    ),
                );
            }
            // SAFETY: the header asks that `size_class_count` sizes lie there.
            let sizes =
                unsafe { slice::from_raw_parts(config.size_classes, config.size_class_count) };
            builder = sizes
                .iter()
                .fold(builder, |builder, size| builder.size_class(*size));
        }
        if choice("abort_on_misuse", config.abort_on_misuse, SWITCH)? {
            if config.on_misuse.is_some() {
                return refused(
                    FRAMEWELL_ERROR_CONFIG,
                    "framewell_config.on_misuse and abort_on_misuse are both set; clear one of them".into(),
                );
            }
            builder = builder.on_misuse(OnMisuse::Abort);
        }
        if let Some(call) = config.on_misuse {
            builder = builder.on_misuse(reporting(call, config.on_misuse_context));
        }
        Ok(Self {
            builder,
            payload: config.payload,
            headroom: config.headroom,
            name: |wish| format!("framewell_config.{wish}"),
            unserved: FRAMEWELL_ERROR_CONFIG,
        })
    }

    pub(crate) fn of_environment() -> Result<Self, Refused> {
        let defaults = framewell_config::default();
        let switch = &["0", "1"];
        let config = framewell_config {
            frames: number("FRAMEWELL_FRAMES", defaults.frames)?,
            cache_size: number("FRAMEWELL_CACHE_SIZE", defaults.cache_size)?,
            dot11_bytes: number("FRAMEWELL_DOT11_BYTES", defaults.dot11_bytes)?,
            huge_pages: word(
                "FRAMEWELL_HUGE_PAGES",
                &["auto", "explicit", "transparent", "off", "prefer-explicit"],
            )?,
            prefault: word("FRAMEWELL_PREFAULT", switch)?,
            zero_on_free: word("FRAMEWELL_ZERO_ON_FREE", switch)?,
            abort_on_misuse: word("FRAMEWELL_ON_MISUSE", &["count", "abort"])?,
            ..defaults
        };
        // SAFETY: the config is of this version, and its pointers are NULL.
        let wishes = unsafe { Self::of_config(&raw const config) }?;
        Ok(Self {
            name: |wish| format!("FRAMEWELL_{}", wish.to_uppercase()),
            unserved: FRAMEWELL_ERROR_ENVIRONMENT,
            ..wishes
        })
    }

    pub(crate) fn build(self) -> Result<framewell_pool, Refused> {
        match self.builder.build() {
            Ok(pool) => Ok(framewell_pool {
                pool,
                headroom: self.headroom,
            }),
            Err(refused) => Err(refusal(&refused, self.name, self.unserved)),
        }
    }

    /// Builds the pool of the four functions.
    pub(crate) fn build_shared(self) -> Result<framewell_pool, Refused> {
        if self.payload < RAS_PAYLOAD {
            return Err(Refused::new(
                FRAMEWELL_ERROR_CONFIG,
                format!(
                    "a payload of {} bytes is below the {RAS_PAYLOAD} of a RAS buffer; raise framewell_config.payload, or make \
                     a pool of your own",
                    self.payload
                ),
            ));
        }
        self.build()
    }
}

fn refusal(refused: &BuildError, name: fn(&str) -> String, unserved: u32) -> Refused {
    let message = in_c(&refused.to_string(), name);
    let code = match refused {
        BuildError::NoRseq { .. } => FRAMEWELL_ERROR_NO_RSEQ,
        BuildError::FrontName { .. } => FRAMEWELL_ERROR_ENVIRONMENT,
        BuildError::Map { .. } => FRAMEWELL_ERROR_OUTOFMEMORY,
        _ => unserved,
    };
    match member(refused).map(name) {
        Some(name) if !message.contains(&name) => Refused::new(code, format!("{name}: {message}")),
        _ => Refused::new(code, message),
    }
}

/// Returns the member of `framewell_config` that cannot be served.
fn member(refused: &BuildError) -> Option<&'static str> {
    Some(match refused {
        BuildError::ZeroFrames | BuildError::TooManyFrames { .. } => "frames",
        BuildError::TooLarge { .. } => "frames",
        BuildError::ZeroPayload | BuildError::FrameTooLarge { .. } => "payload",
        BuildError::StrideTooSmall { .. } => "stride",
        BuildError::CacheSize { .. } => "cache_size",
        BuildError::Shards { .. } => "shards",
        BuildError::AllocBytes { .. } => "dot11_bytes",
        BuildError::SizeClass { .. } | BuildError::TooManySizeClasses { .. } => "size_classes",
        _ => return None,
    })
}

/// Returns a message of the builder in the words of the header: its remedies, and what the budget
/// is for.
fn in_c(message: &str, name: fn(&str) -> String) -> String {
    let message = message
        .replace("Front::Auto", "FRAMEWELL_FRONT_AUTO")
        .replace("Front::Portable", "FRAMEWELL_FRONT_PORTABLE")
        .replace("for size classes", "for 802.11 buffers");
    let mut parts = message.split("PoolBuilder::");
    let mut in_c = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|c: char| c != '_' && !c.is_alphanumeric());
        let (wish, rest) = part.split_at(end.unwrap_or(part.len()));
        let wish = match wish {
            "size_class" => "size_classes",
            "alloc_bytes" => "dot11_bytes",
            other => other,
        };
        in_c += &name(wish);
        in_c += rest;
    }
    in_c
}

const SWITCH: &[bool] = &[false, true];

/// The fronts in the order of the header's numbers.
const FRONTS: &[Front] = &[Front::Auto, Front::Rseq, Front::Portable];

/// The choices for huge pages in the order of the header's numbers.
const HUGE_PAGES: &[HugePages] = &[
    HugePages::Auto,
    HugePages::Explicit,
    HugePages::Transparent,
    HugePages::Off,
    HugePages::PreferExplicit,
];

fn choice<T: Copy>(member: &str, value: u32, of: &[T]) -> Result<T, Refused> {
    of.get(value as usize).copied().ok_or_else(|| {
        let most = of.len() - 1;
        let message =
            format!("framewell_config.{member} is {value}, and its values are 0 to {most}");
        Refused::new(FRAMEWELL_ERROR_CONFIG, message)
    })
}

fn unserved(name: &str, value: &OsStr, remedy: &str) -> Refused {
    let message = format!("{name} is {value:?}, which {remedy}, or unset it");
    Refused::new(FRAMEWELL_ERROR_ENVIRONMENT, message)
}

fn number(name: &str, default: usize) -> Result<usize, Refused> {
    let Some(value) = variable(name) else {
        return Ok(default);
    };
    let number = value.to_str().and_then(|text| text.parse().ok());
    number.ok_or_else(|| unserved(name, &value, "is no number that fits; set it to one"))
}

/// Returns the place of the variable's value among these words, and 0 if the variable is not set.
fn word(name: &str, of: &[&str]) -> Result<u32, Refused> {
    let Some(value) = variable(name) else {
        return Ok(0);
    };
    let place = of.iter().position(|word| value == **word);
    place.map(|place| place as u32).ok_or_else(|| {
        let remedy = format!("is none of its values; set it to {}", of.join(", "));
        unserved(name, &value, &remedy)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(wishes: Wishes) -> Refused {
        wishes.build_shared().err().expect("it cannot be served")
    }

    fn wishes(builder: PoolBuilder, name: fn(&str) -> String) -> Wishes {
        Wishes {
            builder,
            payload: RAS_PAYLOAD,
            headroom: 128,
            name,
            unserved: FRAMEWELL_ERROR_CONFIG,
        }
    }

    #[test]
    fn remedies_are_named_as_the_config_does() {
        let member = |wish: &str| format!("framewell_config.{wish}");
        let none = refused(wishes(Pool::builder().frames(0), member));
        assert_eq!(none.code, FRAMEWELL_ERROR_CONFIG);
        assert_eq!(
            none.message,
            "a pool of 0 frames cannot serve anyone; ask for 1 or more with framewell_config.frames"
        );
        let many = (0..200).fold(Pool::builder(), |builder, i| {
            builder.size_class(5000 + 16 * i)
        });
        let many = refused(wishes(many, member)).message;
        assert!(
            many.ends_with("leave out some framewell_config.size_classes"),
            "{many}"
        );
    }

    #[test]
    fn remedies_are_named_as_the_environment_does() {
        let variable = |wish: &str| format!("FRAMEWELL_{}", wish.to_uppercase());
        let size = refused(wishes(Pool::builder().cache_size(2000), variable)).message;
        assert!(size.contains("leave FRAMEWELL_CACHE_SIZE out"), "{size}");
    }

    #[test]
    fn budget_is_named_as_the_header_does() {
        let member = |wish: &str| format!("framewell_config.{wish}");
        let budget = refused(wishes(Pool::builder().alloc_bytes(usize::MAX), member)).message;
        let begins = format!(
            "a budget of {} bytes for 802.11 buffers exceeds",
            usize::MAX
        );
        assert!(budget.starts_with(&begins), "{budget}");
        assert!(
            budget.contains("; lower framewell_config.dot11_bytes "),
            "{budget}"
        );
    }

    #[test]
    fn wish_is_named_where_the_remedy_does_not_name_it() {
        let variable = |wish: &str| format!("FRAMEWELL_{}", wish.to_uppercase());
        let many = refused(wishes(Pool::builder().frames(usize::MAX), variable)).message;
        assert!(many.starts_with("FRAMEWELL_FRAMES: "), "{many}");
    }

    #[test]
    fn shared_pool_has_whole_ras_buffers() {
        let member = |wish: &str| format!("framewell_config.{wish}");
        let mut small = wishes(Pool::builder().payload(1499), member);
        small.payload = 1499;
        let small = refused(small);
        assert_eq!(small.code, FRAMEWELL_ERROR_CONFIG);
        assert!(
            small
                .message
                .starts_with("a payload of 1499 bytes is below the 1500")
        );
    }
}
