//! Drawing with the PDF library, whose coordinates are points in floating point. No amount comes here but as text.

#![allow(clippy::float_arithmetic, reason = "coordinates on paper")]

use std::ops::Range;

use commerce_api::invoice::InvoiceResponse;
use krilla::{
    Document,
    color::luma,
    geom::{PathBuilder, Point, Rect},
    metadata::{DateTime, Metadata},
    page::PageSettings,
    paint::Fill,
    surface::{Location, Surface},
    text::{Font, Glyph, GlyphId},
};

use crate::{
    PrintError,
    face::{Face, Faces, Style, Twips},
    page::{HEIGHT, Item, Page, WIDTH},
};

/// How light grey is, of 255.
const GREY: u8 = 96;
const BLACK: u8 = 0;
/// How light rules are.
const PALE: u8 = 170;
/// How thick rules are, in points.
const THIN: f32 = 0.5;

/// Lengths as the library takes them.
#[expect(clippy::cast_precision_loss, reason = "exact up to 2^24, which is 291 metres")]
fn points(twips: Twips) -> f32 {
    twips as f32 / 20.0
}

/// The pages as a PDF. What it says of itself is the paper's own: no time of day, no chance.
pub(crate) fn draw(paper: &InvoiceResponse, faces: &Faces, pages: &[Page]) -> Result<Vec<u8>, PrintError> {
    let font = |face: &Face| Font::new(face.data.into(), 0).ok_or(PrintError::Font);
    let pen = Pen { faces, regular: font(&faces.regular)?, bold: font(&faces.bold)? };
    let mut document = Document::new();
    document.set_metadata(metadata(paper));
    for page in pages {
        let settings = PageSettings::from_wh(points(WIDTH), points(HEIGHT));
        let settings = settings.ok_or_else(|| PrintError::Library("no such page".to_owned()))?;
        let mut drawn = document.start_page_with(settings);
        let mut surface = drawn.surface();
        for item in page {
            pen.draw(&mut surface, item);
        }
        surface.finish();
        drawn.finish();
    }
    document.finish().map_err(|error| PrintError::Library(format!("{error:?}")))
}

fn metadata(paper: &InvoiceResponse) -> Metadata {
    let issued = paper.issued_at.to_zoned(jiff::tz::TimeZone::UTC);
    let number = |number: i8| u8::try_from(number).unwrap_or(0);
    let date = DateTime::new(u16::try_from(issued.year()).unwrap_or(0))
        .month(number(issued.month()))
        .day(number(issued.day()))
        .hour(number(issued.hour()))
        .minute(number(issued.minute()))
        .second(number(issued.second()))
        .utc_offset_hour(0)
        .utc_offset_minute(0);
    Metadata::new()
        .title(paper.number.clone())
        .authors(vec![paper.seller.name.clone()])
        .language("en".to_owned())
        .document_id(paper.id.clone())
        .creation_date(date)
}

struct Pen<'a> {
    faces: &'a Faces,
    regular: Font,
    bold: Font,
}

impl Pen<'_> {
    fn draw(&self, surface: &mut Surface<'_>, item: &Item) {
        match item {
            Item::Text { x, y, style, text } => {
                surface.set_fill(Some(fill(if style.grey { GREY } else { BLACK })));
                self.write(surface, Point::from_xy(points(*x), points(*y)), *style, text);
            }
            Item::Rule { x, y, length } => {
                surface.set_fill(Some(fill(PALE)));
                let mut path = PathBuilder::new();
                if let Some(rect) = Rect::from_xywh(points(*x), points(*y), points(*length), THIN) {
                    path.push_rect(rect);
                }
                if let Some(path) = path.finish() {
                    surface.draw_path(&path);
                }
            }
        }
    }

    fn write(&self, surface: &mut Surface<'_>, start: Point, style: Style, text: &str) {
        let face = self.faces.of(style);
        let glyphs: Vec<Placed> = text.char_indices().map(|(at, character)| Placed::of(face, at, character)).collect();
        let font = if style.bold { &self.bold } else { &self.regular };
        surface.draw_glyphs(start, &glyphs, font.clone(), text, points(style.size), false);
    }
}

fn fill(lightness: u8) -> Fill {
    Fill { paint: luma::Color::new(lightness).into(), ..Fill::default() }
}

/// A glyph in its text.
struct Placed {
    id: GlyphId,
    range: Range<usize>,
    thousandths: u16,
}

impl Placed {
    fn of(face: &Face, at: usize, character: char) -> Self {
        let glyph = face.glyph(character);
        let range = at..at + character.len_utf8();
        Self { id: GlyphId::new(glyph.id.to_u32()), range, thousandths: glyph.thousandths }
    }
}

impl Glyph for Placed {
    fn glyph_id(&self) -> GlyphId {
        self.id
    }

    fn text_range(&self) -> Range<usize> {
        self.range.clone()
    }

    fn x_advance(&self, size: f32) -> f32 {
        f32::from(self.thousandths) / 1000.0 * size
    }

    fn x_offset(&self, _: f32) -> f32 {
        0.0
    }

    fn y_offset(&self, _: f32) -> f32 {
        0.0
    }

    fn y_advance(&self, _: f32) -> f32 {
        0.0
    }

    fn location(&self) -> Option<Location> {
        None
    }
}
