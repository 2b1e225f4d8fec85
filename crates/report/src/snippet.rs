//! Source lines for miette: each is a region of its own, cut to the terminal around its span and made harmless.
//!
//! Only the lines themselves are known, not the files. miette asks for spans of one long text, so the lines are laid
//! end to end with gaps, and each answers with its own path and position.

use miette::{LabeledSpan, MietteError, MietteSpanContents, SourceCode, SourceSpan, SpanContents};
use portcullis_core::Location;
use unicode_width::UnicodeWidthChar;

use crate::Glyphs;
use crate::text::{clean, substitute, wrapped};

/// The lines that one finding shows.
#[derive(Debug, Default)]
pub(crate) struct Snippets {
    regions: Vec<Region>,
    pub(crate) labels: Vec<LabeledSpan>,
}

#[derive(Debug)]
struct Region {
    /// Where its text begins in the text that miette believes in.
    offset: usize,
    text: String,
    path: String,
    line: usize,
    column: usize,
}

/// A line cut around the characters `first..last`: what stands before them, they, and what stands behind.
pub(crate) fn parts(line: &str, first: usize, last: usize, columns: usize) -> [String; 3] {
    let window = window(line, first, last, Room { columns, label: 0 }, Glyphs::Unicode);
    let part = |from: usize, to: usize| window.text.get(from..to).unwrap_or_default().to_owned();
    [part(0, window.start), part(window.start, window.end), part(window.end, window.text.len())]
}

/// Between regions, so that no span of one touches the next.
const GAP: usize = 2;

/// What a label is drawn with to the left of its text: `╰── `.
const LABEL_ARM: usize = 4;

/// Labels are never broken into lines narrower than this.
const LABEL_MIN: usize = 16;

/// Columns that a tab stands for, wherever it is: a cut line has lost its tab stops.
const TAB: &str = "    ";

impl Snippets {
    /// Adds a source line, its span marked and, where there is one, labelled.
    pub(crate) fn add(
        &mut self,
        path: String,
        location: &Location,
        line: &str,
        label: Option<&str>,
        width: usize,
        glyphs: Glyphs,
    ) {
        let offset = self.regions.last().map_or(0, |last| last.offset + last.text.len() + GAP);
        let gutter = location.start.line.to_string().len() + 4;
        let first = location.start.column.saturating_sub(1) as usize;
        // A span that goes on below is marked to the end of its first line.
        let last = if location.end.line > location.start.line { u32::MAX } else { location.end.column };
        let label = label.map(|label| clean(label, glyphs));
        let room = Room {
            columns: width.saturating_sub(gutter),
            label: label.as_deref().map_or(0, |label| LABEL_ARM + display_width(label).min(LABEL_MIN)),
        };
        let window = window(line, first, last.saturating_sub(1) as usize, room, glyphs);
        let label = label.map(|label| {
            let arm = gutter + window.middle() + LABEL_ARM;
            wrapped(&label, "", "", width.saturating_sub(arm).max(LABEL_MIN)).trim_end().to_owned()
        });
        let span = (offset + window.start, window.end.saturating_sub(window.start));
        self.labels.push(LabeledSpan::new_with_span(label, span));
        self.regions.push(Region {
            offset,
            text: window.text,
            path,
            line: location.start.line.saturating_sub(1) as usize,
            column: first,
        });
    }
}

impl SourceCode for Snippets {
    fn read_span<'a>(
        &'a self,
        span: &SourceSpan,
        _before: usize,
        _after: usize,
    ) -> Result<Box<dyn SpanContents<'a> + 'a>, MietteError> {
        // A span over two regions is none, which keeps miette from drawing them as one piece of a file.
        let holds = |region: &&Region| {
            region.offset <= span.offset() && span.offset() + span.len() <= region.offset + region.text.len()
        };
        let region = self.regions.iter().find(holds).ok_or(MietteError::OutOfBounds)?;
        Ok(Box::new(MietteSpanContents::new_named(
            region.path.clone(),
            region.text.as_bytes(),
            (region.offset, region.text.len()).into(),
            region.line,
            region.column,
            1,
        )))
    }
}

/// A piece of a line that fits the terminal, with the span's bytes in it.
#[derive(Debug)]
struct Window {
    text: String,
    start: usize,
    end: usize,
}

impl Window {
    /// The column in the middle of the span, which a label hangs from.
    fn middle(&self) -> usize {
        let before = self.text.get(..self.start).map_or(0, display_width);
        let inside = self.text.get(self.start..self.end).map_or(0, display_width);
        before + inside / 2
    }
}

/// What a line may take.
#[derive(Clone, Copy, Debug)]
struct Room {
    columns: usize,
    /// Columns that the label needs from the middle of the span on.
    label: usize,
}

/// Cuts a line around the characters `first..last`.
///
/// Reads no more than the room on either side of the span, so that a minified file costs as little as any other.
fn window(line: &str, first: usize, last: usize, room: Room, glyphs: Glyphs) -> Window {
    let budget = room.columns;
    let ellipsis = match glyphs {
        Glyphs::Unicode => "…",
        Glyphs::Ascii => "...",
    };
    let mark = display_width(ellipsis);
    let start = line.char_indices().nth(first).map_or(line.len(), |(at, _)| at);
    let (before, rest) = line.split_at_checked(start).unwrap_or((line, ""));
    let span_end = rest.char_indices().nth(last.saturating_sub(first)).map_or(rest.len(), |(at, _)| at);
    let (inside, after) = rest.split_at_checked(span_end).unwrap_or((rest, ""));

    let left: Vec<Cell> = before.chars().rev().take(budget + 1).map(|c| Cell::new(c, glyphs)).collect();
    let middle: Vec<Cell> = inside.chars().take(budget + 1).map(|c| Cell::new(c, glyphs)).collect();
    let right: Vec<Cell> = after.chars().take(budget + 1).map(|c| Cell::new(c, glyphs)).collect();
    let (left_width, middle_width, right_width) = (columns(&left), columns(&middle), columns(&right));

    // An empty span at the end of the line needs a column to stand on.
    let stand = usize::from(inside.is_empty() && after.is_empty());
    let fits_label = left_width + middle_width / 2 + room.label <= budget;
    let (left_room, middle_room, right_room) =
        if fits_label && left_width + middle_width + right_width + stand <= budget {
            (left_width, middle_width, right_width)
        } else {
            // The span comes first; a third of the rest, or what the right side leaves, shows what stands before it.
            let middle_room = middle_width.min(budget.saturating_sub(2 * mark + stand));
            let free = budget.saturating_sub(middle_room + stand);
            let left_room = if fits_label && left_width + mark.min(right_width) <= free {
                left_width
            } else {
                let most = budget.saturating_sub(middle_room / 2 + room.label);
                (free / 3).max(free.saturating_sub(right_width)).min(most).saturating_sub(mark)
            };
            let left_mark = if left_room < left_width { mark } else { 0 };
            let right_free = free.saturating_sub(left_room + left_mark);
            let cut = middle_room < middle_width || right_free < right_width;
            (left_room, middle_room, if cut { right_free.saturating_sub(mark) } else { right_width })
        };

    let mut text = String::new();
    let (shown, whole) = fit(left.iter(), left_room);
    if !whole {
        text.push_str(ellipsis);
    }
    left.iter().take(shown).rev().for_each(|cell| cell.write(&mut text));
    let start = text.len();
    let (shown, whole) = fit(middle.iter(), middle_room);
    middle.iter().take(shown).for_each(|cell| cell.write(&mut text));
    let end = text.len();
    let (shown, right_whole) = if whole { fit(right.iter(), right_room) } else { (0, false) };
    right.iter().take(shown).for_each(|cell| cell.write(&mut text));
    if !right_whole {
        text.push_str(ellipsis);
    }
    if text.len() == start {
        text.push(' ');
    }
    Window { text, start, end }
}

/// One character as it is shown.
#[derive(Clone, Copy, Debug)]
enum Cell {
    Tab,
    Char { shown: char, width: usize },
}

impl Cell {
    fn new(c: char, glyphs: Glyphs) -> Self {
        if c == '\t' {
            return Self::Tab;
        }
        let shown = substitute(c, glyphs).unwrap_or(c);
        Self::Char { shown, width: shown.width().unwrap_or(0) }
    }

    fn width(self) -> usize {
        match self {
            Self::Tab => TAB.len(),
            Self::Char { width, .. } => width,
        }
    }

    fn write(self, text: &mut String) {
        match self {
            Self::Tab => text.push_str(TAB),
            Self::Char { shown, .. } => text.push(shown),
        }
    }
}

fn columns(cells: &[Cell]) -> usize {
    cells.iter().map(|cell| cell.width()).sum()
}

fn display_width(text: &str) -> usize {
    text.chars().map(|c| c.width().unwrap_or(0)).sum()
}

/// How many of the cells fit into `room` columns, and whether those are all.
fn fit<'c>(cells: impl ExactSizeIterator<Item = &'c Cell>, room: usize) -> (usize, bool) {
    let total = cells.len();
    let mut used = 0;
    let fitting = cells
        .take_while(|cell| {
            used += cell.width();
            used <= room
        })
        .count();
    (fitting, fitting == total)
}
