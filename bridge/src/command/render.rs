//! From values to text that fits a terminal.

use anstyle::{AnsiColor, Style};
use comfy_table::{Cell, Color, ColumnConstraint, ContentArrangement, Row, Table, presets};
use hes_schemas::{Datum, Timestamp, message::Availability};

/// How text should look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) struct Look {
    /// The columns of the terminal; nothing if the reader is none, and lines may be of any length.
    pub(crate) width: Option<u16>,
    /// Whether the reader shows colours.
    pub(crate) has_colour: bool,
}

/// One cell of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Field {
    text: String,
    colour: Option<Color>,
}

impl Field {
    /// Makes a cell of any text; signs that would steer a terminal are made visible.
    pub(crate) fn new(text: &str) -> Self {
        Self { text: visible(text), colour: None }
    }

    /// Gives the cell a colour.
    pub(crate) fn coloured(self, colour: Color) -> Self {
        Self { colour: Some(colour), ..self }
    }

    /// Shows whether a device is there.
    pub(crate) fn of_state(state: Availability) -> Self {
        match state {
            Availability::Online => Self::new("online").coloured(Color::Green),
            Availability::Offline => Self::new("offline").coloured(Color::Red),
            Availability::Unknown => Self::new("unknown").coloured(Color::Yellow),
        }
    }

    fn cell(&self, look: Look) -> Cell {
        let cell = Cell::new(&self.text);
        match self.colour {
            Some(colour) if look.has_colour => cell.fg(colour),
            Some(_) | None => cell,
        }
    }
}

/// The least that a column after the first is worth showing with, the space behind it included.
const NARROW: usize = 9;

/// Lays out a table: each row on one line, cells that do not fit cut off.
///
/// People copy from the first column, so it is kept whole as long as another fits beside it; then the last columns go.
/// Columns without any text are left out.
pub(crate) fn table(header: &[&str], rows: &[Vec<Field>], look: Look) -> String {
    let has_text = |at: &usize| rows.iter().any(|row| row.get(*at).is_some_and(|field| !field.text.is_empty()));
    let mut kept: Vec<usize> = (0..header.len()).filter(has_text).collect();
    let first = kept.first().map_or(0, |at| widest(header, rows, *at));
    if let Some(width) = look.width {
        kept.truncate((usize::from(width).saturating_sub(first) / NARROW).max(1) + 1);
    }
    let mut table = blank(look);
    let heads = kept.iter().filter_map(|at| header.get(*at)).map(|head| Field::new(head).coloured(Color::DarkGrey));
    table.set_header(line(heads.collect::<Vec<_>>().iter(), look));
    for row in rows {
        table.add_row(line(kept.iter().filter_map(|at| row.get(*at)), look));
    }
    for column in table.column_iter_mut() {
        column.set_padding((0, 2));
    }
    let is_roomy = look.width.is_some_and(|width| first + NARROW <= usize::from(width));
    if let Some(column) = table.column_mut(0).filter(|_| is_roomy) {
        column.set_constraint(ColumnConstraint::ContentWidth);
    }
    table.trim_fmt()
}

fn widest(header: &[&str], rows: &[Vec<Field>], at: usize) -> usize {
    let texts = rows.iter().filter_map(|row| row.get(at)).map(|field| field.text.as_str());
    texts.chain(header.get(at).copied()).map(|text| text.chars().count()).max().unwrap_or(0)
}

fn blank(look: Look) -> Table {
    let mut table = Table::new();
    table.load_preset(presets::NOTHING).set_truncation_indicator("…");
    if look.has_colour {
        table.enforce_styling();
    } else {
        table.force_no_tty();
    }
    match look.width {
        Some(width) => table.set_content_arrangement(ContentArrangement::Dynamic).set_width(width),
        None => table.set_content_arrangement(ContentArrangement::Disabled),
    };
    table
}

fn line<'f>(fields: impl Iterator<Item = &'f Field>, look: Look) -> Row {
    let mut row = Row::from(fields.map(|field| field.cell(look)).collect::<Vec<_>>());
    row.max_height(1);
    row
}

/// Writes a value as people read it: texts without quotes, with the unit behind.
pub(crate) fn value(value: Option<&Datum>, unit: Option<&str>) -> String {
    let text = match value {
        None | Some(Datum::Null) => return "-".to_owned(),
        Some(Datum::Text(text)) => visible(text),
        Some(other) => visible(&other.to_string()),
    };
    match unit {
        Some(unit) => format!("{text} {}", visible(unit)),
        None => text,
    }
}

/// Writes the time of a day, in UTC: `15:00:00.123Z`.
pub(crate) fn clock(time: Timestamp) -> String {
    let text = time.to_string();
    text.split_once('T').map_or_else(|| text.clone(), |(_, clock)| clock.to_owned())
}

/// Writes a text so that a terminal shows it and does nothing else.
pub(crate) fn visible(text: &str) -> String {
    let mut shown = String::with_capacity(text.len());
    for sign in text.chars() {
        if sign.is_control() || is_unseen(sign) {
            shown.extend(sign.escape_default());
        } else {
            shown.push(sign);
        }
    }
    shown
}

/// Says whether a sign changes the direction or the order of others without being seen.
const fn is_unseen(sign: char) -> bool {
    matches!(sign, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

/// Writes a text in a colour, if the reader shows any.
pub(crate) fn tinted(text: &str, colour: AnsiColor, look: Look) -> String {
    let style = if look.has_colour { colour.on_default() } else { Style::new() };
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: [&str; 4] = ["ADDRESS", "NAME", "ROOM", "MODEL"];

    fn rows() -> Vec<Vec<Field>> {
        [
            ["zigbee/kitchen_bulb", "Kitchen bulb", "", "IKEA TRADFRI bulb E27 WS clear 806lm"],
            ["zigbee/table", "Wohnzimmer Lämpchen über dem großen Esstisch", "", "日本語の長い長い名前のデバイス"],
        ]
        .map(|row| row.map(Field::new).into())
        .into()
    }

    fn look(width: u16) -> Look {
        Look { width: Some(width), has_colour: false }
    }

    #[test]
    fn a_table_fits_the_width_and_has_one_line_a_row() {
        for width in [20, 30, 40, 60, 80, 100, 200] {
            let text = table(&HEADER, &rows(), look(width));
            assert_eq!(text.lines().count(), 3, "{text}");
            for line in text.lines() {
                let columns: usize = line.chars().map(|sign| if sign >= '\u{3000}' { 2 } else { 1 }).sum();
                assert!(columns <= usize::from(width), "{columns} > {width}\n{text}");
            }
        }
    }

    #[test]
    fn what_people_copy_from_is_kept_whole() {
        for width in [30, 40, 60] {
            let text = table(&HEADER, &rows(), look(width));
            assert!(text.contains("zigbee/kitchen_bulb") && text.contains('…'), "{text}");
        }
    }

    #[test]
    fn a_reader_that_is_no_terminal_gets_everything() {
        let text = table(&HEADER, &rows(), Look::default());
        assert!(text.contains("IKEA TRADFRI bulb E27 WS clear 806lm") && !text.contains('…'), "{text}");
        assert!(!text.contains('\u{1b}'));
    }

    #[test]
    fn a_column_without_text_is_left_out() {
        let text = table(&HEADER, &rows(), look(80));
        assert!(text.contains("MODEL") && !text.contains("ROOM"), "{text}");
    }

    #[test]
    fn colours_are_for_who_shows_them() {
        let rows = [vec![Field::of_state(Availability::Online)]];
        assert!(table(&["STATE"], &rows, Look { width: Some(80), has_colour: true }).contains('\u{1b}'));
        assert!(!table(&["STATE"], &rows, look(80)).contains('\u{1b}'));
        assert_eq!(tinted("x", AnsiColor::Red, look(80)), "x");
    }

    #[test]
    fn nothing_from_outside_steers_the_terminal() {
        let text = table(&["NAME"], &[vec![Field::new("\u{1b}[31mred\r\n\u{202e}x")]], look(80));
        assert!(!text.contains(['\u{1b}', '\r', '\u{202e}']), "{text:?}");
        assert!(!value(Some(&Datum::text("\u{1b}]0;x\u{7}")), Some("\u{9b}")).contains(|it: char| it.is_control()));
    }

    #[test]
    fn values_are_written_for_people() {
        for (datum, unit, expect) in [
            (Datum::Number(21.5), Some("°C"), "21.5 °C"),
            (Datum::Bool(true), None, "true"),
            (Datum::text("heat"), None, "heat"),
            (Datum::Null, Some("%"), "-"),
            (Datum::from(vec![Datum::Integer(1), Datum::text("a")]), None, r#"[1,"a"]"#),
        ] {
            assert_eq!(value(Some(&datum), unit), expect);
        }
        assert_eq!(value(None, None), "-");
        assert_eq!(clock(Timestamp::from_millis(1_795_359_600_123)), "15:00:00.123Z");
    }
}
