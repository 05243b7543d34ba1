//! Numbers, written as people read them.

/// Writes a figure with at least three significant digits. Integers are whole, and thousands are
/// set apart by a narrow space.
///
/// ```
/// use framewell_report::figure;
/// assert_eq!(figure(0.01234), "0.0123");
/// assert_eq!(figure(2.0), "2");
/// assert_eq!(figure(34.56), "34.6");
/// assert_eq!(figure(1234567.0), "1\u{202f}234\u{202f}567");
/// assert_eq!(figure(f64::NAN), "–");
/// ```
pub fn figure(value: f64) -> String {
    if !value.is_finite() {
        return "–".into();
    }
    if value == 0.0 {
        return "0".into();
    }
    let magnitude = value.abs().log10().floor();
    let decimals = (2.0 - magnitude).clamp(0.0, 9.0) as usize;
    let text = format!("{value:.decimals$}");
    let text = if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.')
    } else {
        &text
    };
    group(text)
}

/// Sets the thousands of the integer part apart.
fn group(text: &str) -> String {
    let (integer, rest) = text.split_at(text.find('.').unwrap_or(text.len()));
    let (sign, digits) = match integer.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", integer),
    };
    let mut out = String::from(sign);
    for (i, digit) in digits.chars().enumerate() {
        if i > 0 && digits.len() > 4 && (digits.len() - i) % 3 == 0 {
            out.push('\u{202f}');
        }
        out.push(digit);
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::figure;

    #[test]
    fn figures_keep_three_digits() {
        for (value, text) in [
            (0.0, "0"),
            (1.0, "1"),
            (1.005e-3, "0.00101"),
            (9.999, "10"),
            (-12.34, "-12.3"),
            (1234.4, "1234"),
            (-65536.0, "-65\u{202f}536"),
            (f64::INFINITY, "–"),
        ] {
            assert_eq!(figure(value), text, "{value}");
        }
    }
}
