//! A drawing surface that becomes inline SVG for light and dark pages.
//!
//! plotters knows fixed colours only. So everything is drawn in sentinel colours, near-black values
//! that no chart uses otherwise, and when the drawing is done each `"#rrggbb"` attribute becomes a
//! variable of the style sheet. The quotes are part of what is replaced: plotters escapes quotes in
//! text, so no text can be mistaken for a colour.

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::page::escape;

/// The width of every drawing in units of its view box.
pub(crate) const WIDTH: i32 = 860;

/// The number of series that get a colour of their own. Further ones begin again.
const SERIES_COLOURS: usize = 7;

/// A colour of the style sheet.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Ink {
    /// The colour of text.
    Text,
    /// The colour of secondary text and axes.
    Muted,
    /// The colour of grid lines.
    Grid,
    /// The colour of the ground below a chart.
    Card,
    /// The colour of a series.
    Series(usize),
}

impl Ink {
    fn sentinel(self) -> RGBColor {
        match self {
            Ink::Text => RGBColor(1, 1, 1),
            Ink::Muted => RGBColor(1, 1, 2),
            Ink::Grid => RGBColor(1, 1, 3),
            Ink::Card => RGBColor(1, 1, 4),
            Ink::Series(i) => RGBColor(1, 2, (i % SERIES_COLOURS) as u8),
        }
    }

    /// Returns the style sheet's name for this colour.
    pub(crate) fn css(self) -> String {
        match self {
            Ink::Text => "var(--ink)".into(),
            Ink::Muted => "var(--muted)".into(),
            Ink::Grid => "var(--grid)".into(),
            Ink::Card => "var(--card)".into(),
            Ink::Series(i) => format!("var(--s{})", i % SERIES_COLOURS),
        }
    }

    fn all() -> impl Iterator<Item = Ink> {
        [Ink::Text, Ink::Muted, Ink::Grid, Ink::Card]
            .into_iter()
            .chain((0..SERIES_COLOURS).map(Ink::Series))
    }
}

/// The place of a text's position: at its start, middle or end.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Anchor {
    /// The position is the text's left end.
    Start,
    /// The position is the text's middle.
    Middle,
    /// The position is the text's right end.
    End,
}

/// A drawing. A failure of the backend, which writes to memory, leaves a part out, but never the
/// report.
pub(crate) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, plotters::coord::Shift>,
}

impl Canvas<'_> {
    /// Draws a filled rectangle between two corners.
    pub(crate) fn rect(&self, from: (i32, i32), to: (i32, i32), ink: Ink) {
        let style = ink.sentinel().filled();
        self.area.draw(&Rectangle::new([from, to], style)).ok();
    }

    /// Draws a line through the points.
    pub(crate) fn line(&self, points: Vec<(i32, i32)>, width: u32, ink: Ink) {
        let style = ink.sentinel().stroke_width(width);
        self.area.draw(&PathElement::new(points, style)).ok();
    }

    /// Draws a dot.
    pub(crate) fn dot(&self, at: (i32, i32), radius: i32, ink: Ink) {
        let style = ink.sentinel().filled();
        self.area.draw(&Circle::new(at, radius, style)).ok();
    }

    /// Draws a text, vertically centred on its position.
    pub(crate) fn text(&self, text: &str, at: (i32, i32), anchor: Anchor, ink: Ink, bold: bool) {
        let h = match anchor {
            Anchor::Start => HPos::Left,
            Anchor::Middle => HPos::Center,
            Anchor::End => HPos::Right,
        };
        let style = if bold {
            FontStyle::Bold
        } else {
            FontStyle::Normal
        };
        // The backend divides sizes by 1.24, so this is 13 units.
        let font = FontDesc::new(FontFamily::SansSerif, 13.0 * 1.24, style);
        let colour = ink.sentinel();
        let style = TextStyle::from(font)
            .color(&colour)
            .pos(Pos::new(h, VPos::Center));
        self.area.draw(&Text::new(text, at, style)).ok();
    }
}

/// Draws, and returns the SVG element with `title` and `description` as its text alternative. `id`
/// must be unique in the document.
pub(crate) fn draw(
    id: usize,
    height: i32,
    title: &str,
    description: &str,
    paint: impl FnOnce(&Canvas<'_>),
) -> String {
    let mut svg = String::new();
    {
        let backend = SVGBackend::with_string(&mut svg, (WIDTH as u32, height.max(1) as u32));
        let canvas = Canvas {
            area: backend.into_drawing_area(),
        };
        paint(&canvas);
        canvas.area.present().ok();
    }
    for ink in Ink::all() {
        let RGBColor(r, g, b) = ink.sentinel();
        let sentinel = format!("\"#{r:02X}{g:02X}{b:02X}\"");
        svg = svg.replace(&sentinel, &format!("\"{}\"", ink.css()));
    }
    let inner = svg.split_once('>').map_or("", |(_, inner)| inner);
    format!(
        "<div class=\"wide\"><svg viewBox=\"0 0 {WIDTH} {height}\" role=\"img\" \
         aria-labelledby=\"t{id} d{id}\" xmlns=\"http://www.w3.org/2000/svg\">\n\
         <title id=\"t{id}\">{}</title><desc id=\"d{id}\">{}</desc>{inner}</div>",
        escape(title),
        escape(description)
    )
}

/// Returns roughly how wide a text is, which is enough to keep labels apart.
pub(crate) fn text_width(text: &str) -> i32 {
    (text.chars().count() as f64 * 7.2).ceil() as i32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_colour_becomes_a_variable() {
        let svg = draw(1, 100, "t", "d", |canvas| {
            for ink in Ink::all() {
                canvas.rect((0, 0), (9, 9), ink);
                canvas.line(vec![(0, 0), (9, 9)], 1, ink);
                canvas.text("\"#010101\" <b>", (0, 0), Anchor::Start, ink, true);
                canvas.dot((1, 1), 2, ink);
            }
        });
        assert!(!svg.contains("\"#"), "{svg}");
        assert!(svg.contains("fill=\"var(--s6)\"") && svg.contains("stroke=\"var(--grid)\""));
        assert!(
            svg.contains("&quot;#010101&quot; &lt;b&gt;"),
            "text stays text"
        );
        assert!(svg.ends_with("</svg>\n</div>"), "{svg}");
    }
}
