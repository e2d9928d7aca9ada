//! Pages that fill from the top.

use crate::{
    block::wrapped,
    face::{Faces, POINT, SMALL, Style, Twips},
};

/// A4, upright.
pub(crate) const WIDTH: Twips = 11_906;
pub(crate) const HEIGHT: Twips = 16_838;
const MARGIN: Twips = 50 * POINT;
/// Where text begins and ends.
pub(crate) const LEFT: Twips = MARGIN;
pub(crate) const RIGHT: Twips = WIDTH - MARGIN;
const TOP: Twips = MARGIN;
/// Below is the foot.
const BOTTOM: Twips = HEIGHT - 70 * POINT;

/// Something on a page, from its upper left corner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Item {
    /// Text on its baseline.
    Text { x: Twips, y: Twips, style: Style, text: String },
    /// A thin line.
    Rule { x: Twips, y: Twips, length: Twips },
}

/// What is on a page.
pub(crate) type Page = Vec<Item>;

/// Where a text stands between two edges.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// The pages so far, and how far the last one is full.
pub(crate) struct Flow<'a> {
    pub(crate) faces: &'a Faces,
    pages: Vec<Page>,
    /// The upper edge of what comes next.
    pub(crate) y: Twips,
}

impl<'a> Flow<'a> {
    pub(crate) fn new(faces: &'a Faces) -> Self {
        Self { faces, pages: vec![Page::new()], y: TOP }
    }

    /// Whether something of this height fits under what is there; if nothing is there, anything does.
    pub(crate) fn fits(&self, height: Twips) -> bool {
        self.y + height <= BOTTOM || self.y == TOP
    }

    /// Begins a page.
    pub(crate) fn turn(&mut self) {
        self.pages.push(Page::new());
        self.y = TOP;
    }

    /// Leaves a gap, unless the page begins here.
    pub(crate) fn gap(&mut self, height: Twips) {
        if self.y > TOP {
            self.y += height;
        }
    }

    /// Puts one line of text between two edges, its line's upper edge at `y`.
    pub(crate) fn put(&mut self, text: &str, style: Style, align: Align, (from, to): (Twips, Twips), y: Twips) {
        let x = match align {
            Align::Left => from,
            Align::Right => to - self.faces.width(text, style),
        };
        // The baseline: a font's letters reach about as far above it as they are high.
        self.add(Item::Text { x, y: y + style.size * 21 / 20, style, text: text.to_owned() });
    }

    /// Puts text in lines between two edges, from `y` down. Where the next line would begin.
    pub(crate) fn put_wrapped(&mut self, text: &str, style: Style, (from, to): (Twips, Twips), mut y: Twips) -> Twips {
        for line in wrapped(self.faces, text, style, to - from) {
            self.put(&line, style, Align::Left, (from, to), y);
            y += style.leading();
        }
        y
    }

    /// Puts a line across at `y`.
    pub(crate) fn rule(&mut self, (from, to): (Twips, Twips), y: Twips) {
        self.add(Item::Rule { x: from, y, length: to - from });
    }

    fn add(&mut self, item: Item) {
        if let Some(page) = self.pages.last_mut() {
            page.push(item);
        }
    }

    /// The pages with their feet: what the paper is, and which page of how many.
    pub(crate) fn numbered(mut self, number: &str, seller: &str) -> Vec<Page> {
        let count = self.pages.len();
        let (y, edges) = (BOTTOM + 22 * POINT, (LEFT, RIGHT));
        let pages = std::mem::take(&mut self.pages);
        for (index, page) in pages.into_iter().enumerate() {
            self.pages.push(page);
            self.rule(edges, y - 4 * POINT);
            let page = format!("Page {} of {count}", index + 1);
            let to = RIGHT - self.faces.width(&page, SMALL) - 10 * POINT;
            let name = wrapped(self.faces, &format!("{number} · {seller}"), SMALL, to - LEFT);
            self.put(name.first().map_or("", String::as_str), SMALL, Align::Left, (LEFT, to), y);
            self.put(&page, SMALL, Align::Right, edges, y);
        }
        self.pages
    }
}
