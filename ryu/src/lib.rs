//! The part of `ryu` that `serde_json` writes floating-point numbers with.
//!
//! The workers write none, but messages of `serde_json` about a number in the wrong place
//! could, so its code is linked: 2 kB of a gzipped worker, besides the standard library's for
//! the same purpose, which is linked too. `Cargo.toml` puts this crate in its place.

/// Where a number is written.
#[derive(Debug, Default)]
pub struct Buffer(String);

impl Buffer {
    /// An empty one.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// The shortest text that stands for `number`, with an exponent, as JSON has it.
    pub fn format<F: Float>(&mut self, number: F) -> &str {
        self.0 = format!("{number:e}");
        &self.0
    }

    /// The same for a number that is known to be finite.
    pub fn format_finite<F: Float>(&mut self, number: F) -> &str {
        self.format(number)
    }
}

/// A floating-point number.
pub trait Float: std::fmt::LowerExp {}

impl Float for f32 {}
impl Float for f64 {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_as_json_that_reads_the_same() {
        for number in [0.0, -1.5, 0.1 + 0.2, f64::MAX, f64::MIN_POSITIVE, 1e21] {
            let text = Buffer::new().format_finite(number).to_owned();
            assert_eq!(text.parse(), Ok(number), "{text}");
        }
        assert_eq!(Buffer::new().format_finite(1.5f32), "1.5e0");
    }
}
