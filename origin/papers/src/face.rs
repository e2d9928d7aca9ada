//! The two faces of the font: which glyph a character is, and how wide.

use skrifa::{
    FontRef, GlyphId, MetadataProvider as _,
    raw::{TableProvider as _, tables::hmtx::Hmtx},
};

use crate::PrintError;

static REGULAR: &[u8] = include_bytes!("../fonts/NotoSans-Regular.ttf");
static BOLD: &[u8] = include_bytes!("../fonts/NotoSans-Bold.ttf");

/// Length on paper: a twentieth of a point.
pub(crate) type Twips = i32;

/// A point.
pub(crate) const POINT: Twips = 20;

/// How text looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Style {
    /// Bold or regular.
    pub(crate) bold: bool,
    /// The height of the letters.
    pub(crate) size: Twips,
    /// Grey or black.
    pub(crate) grey: bool,
}

/// What stands in the text.
pub(crate) const BODY: Style = Style { bold: false, size: 9 * POINT, grey: false };
/// What is read first.
pub(crate) const STRONG: Style = Style { bold: true, ..BODY };
/// What explains.
pub(crate) const SMALL: Style = Style { size: 15 * POINT / 2, grey: true, ..BODY };
/// What the paper is.
pub(crate) const TITLE: Style = Style { size: 20 * POINT, ..STRONG };

impl Style {
    /// From one line to the next.
    pub(crate) fn leading(self) -> Twips {
        self.size * 27 / 20
    }
}

/// A glyph, and its width in thousandths of the letters' height.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Glyph {
    pub(crate) id: GlyphId,
    pub(crate) thousandths: u16,
}

/// One face.
pub(crate) struct Face {
    /// The font's file.
    pub(crate) data: &'static [u8],
    font: FontRef<'static>,
    widths: Hmtx<'static>,
}

impl Face {
    fn load(data: &'static [u8]) -> Result<Self, PrintError> {
        let font = FontRef::new(data).map_err(|_| PrintError::Font)?;
        let widths = font.hmtx().map_err(|_| PrintError::Font)?;
        let per_em = font.head().map_err(|_| PrintError::Font)?.units_per_em();
        if per_em == 1000 { Ok(Self { data, font, widths }) } else { Err(PrintError::Font) }
    }

    /// The glyph of a character; the empty box for one that the face does not have.
    pub(crate) fn glyph(&self, character: char) -> Glyph {
        let id = self.font.charmap().map(character).unwrap_or(GlyphId::NOTDEF);
        Glyph { id, thousandths: self.widths.advance(id).unwrap_or(0) }
    }
}

/// Both faces.
pub(crate) struct Faces {
    pub(crate) regular: Face,
    pub(crate) bold: Face,
}

impl Faces {
    pub(crate) fn load() -> Result<Self, PrintError> {
        Ok(Self { regular: Face::load(REGULAR)?, bold: Face::load(BOLD)? })
    }

    pub(crate) fn of(&self, style: Style) -> &Face {
        if style.bold { &self.bold } else { &self.regular }
    }

    /// How wide the text is in one line.
    pub(crate) fn width(&self, text: &str, style: Style) -> Twips {
        let face = self.of(style);
        let thousandths: i32 = text.chars().map(|character| i32::from(face.glyph(character).thousandths)).sum();
        // Rounded up: what fits is never wider.
        (thousandths * style.size + 999) / 1000
    }
}
