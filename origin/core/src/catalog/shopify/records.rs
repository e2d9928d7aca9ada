//! Splits a CSV file (RFC 4180, as `csv-core` reads it) into records, with bounded memory and without losing its place: a record
//! that is too large is skipped, and reading goes on behind it.

use std::io::{self, BufRead};

use csv_core::ReadRecordResult;

use crate::catalog::rules::MAX_ROW_BYTES;

/// The largest record, in bytes of cell text. Every row of an export is smaller: it says less than the product's line of NDJSON.
pub const MAX_RECORD_BYTES: usize = MAX_ROW_BYTES;
/// The most columns.
pub const MAX_COLUMNS: usize = 256;

/// Reads records one by one.
pub(super) struct RecordReader<R> {
    input: R,
    core: csv_core::Reader,
    line: u64,
    /// Whether the last byte that was counted was a carriage return: a line feed behind it ends no further line.
    after_return: bool,
    cells: Vec<u8>,
    ends: Vec<usize>,
    before_first: bool,
}

/// One record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// Its cells. What is not UTF-8 in them is `None`.
    Cells { line: u64, cells: Vec<Option<String>> },
    /// It was larger than [`MAX_RECORD_BYTES`] or had more than [`MAX_COLUMNS`] cells. It began with these.
    TooLarge { line: u64, begun: Vec<Option<String>> },
}

impl<R: BufRead> RecordReader<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            core: csv_core::Reader::new(),
            line: 1,
            after_return: false,
            cells: vec![0; MAX_RECORD_BYTES],
            ends: vec![0; MAX_COLUMNS + 1],
            before_first: true,
        }
    }

    /// The next record; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        self.skip_line_ends()?;
        let start = self.line;
        let (mut written, mut fields, mut too_large) = (0, 0, None);
        loop {
            let input = self.input.fill_buf()?;
            let (outcome, read, out, ended) =
                self.core.read_record(input, &mut self.cells[written..], &mut self.ends[fields..]);
            count_lines(&input[..read], &mut self.line, &mut self.after_return);
            self.input.consume(read);
            written += out;
            fields += ended;
            match outcome {
                ReadRecordResult::InputEmpty => {}
                // What has been read of the record is let go but for its first cells; its end is still looked for.
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    too_large.get_or_insert_with(|| self.texts(fields.min(MAX_COLUMNS)));
                    (written, fields) = (0, 0);
                }
                ReadRecordResult::Record => {
                    let whole = too_large.is_none() && fields <= MAX_COLUMNS;
                    let cells = too_large.unwrap_or_else(|| self.texts(fields.min(MAX_COLUMNS)));
                    return Ok(Some(if whole {
                        Record::Cells { line: start, cells }
                    } else {
                        Record::TooLarge { line: start, begun: cells }
                    }));
                }
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    /// The first `fields` cells that were read. What is not UTF-8 is `None`.
    fn texts(&self, fields: usize) -> Vec<Option<String>> {
        let mut begin = 0;
        let texts = self.ends[..fields].iter().map(|end| {
            let cell = &self.cells[begin..*end];
            begin = *end;
            String::from_utf8(cell.to_vec()).ok()
        });
        texts.collect()
    }

    /// Passes blank lines and what is left of the last line's end, so that the next record begins on `self.line`. Also passes a
    /// byte order mark, which spreadsheets write.
    fn skip_line_ends(&mut self) -> io::Result<()> {
        if std::mem::take(&mut self.before_first) && self.input.fill_buf()?.starts_with(b"\xef\xbb\xbf") {
            self.input.consume(3);
        }
        loop {
            let input = self.input.fill_buf()?;
            let blank = input.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
            if blank == 0 {
                return Ok(());
            }
            count_lines(&input[..blank], &mut self.line, &mut self.after_return);
            self.input.consume(blank);
        }
    }
}

/// Counts line ends: a line feed, a carriage return, or both in sequence.
fn count_lines(bytes: &[u8], line: &mut u64, after_return: &mut bool) {
    for byte in bytes {
        let ends = *byte == b'\r' || (*byte == b'\n' && !*after_return);
        *line += u64::from(ends);
        *after_return = *byte == b'\r';
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufReader, Cursor};

    use super::*;

    fn read(text: &str) -> Vec<Record> {
        // A buffer of three bytes shows every seam.
        let mut reader = RecordReader::new(BufReader::with_capacity(3, Cursor::new(text.to_owned())));
        let mut records = Vec::new();
        while let Some(record) = reader.next().unwrap() {
            records.push(record);
        }
        records
    }

    fn cells(line: u64, cells: &[&str]) -> Record {
        Record::Cells { line, cells: cells.iter().map(|cell| Some((*cell).to_owned())).collect() }
    }

    #[test]
    fn a_record_knows_the_line_it_begins_at() {
        let expected = [cells(1, &["a", "b"]), cells(2, &["x\r\ny", "\"q\""]), cells(5, &["1", ""])];
        assert_eq!(read("a,b\r\n\"x\r\ny\",\"\"\"q\"\"\"\r\n\r\n1,\r\n"), expected);
        assert_eq!(read("\u{feff}a,b\n\"x\r\ny\",\"\"\"q\"\"\"\n\n1,"), expected);
    }

    #[test]
    fn every_kind_of_line_end_is_counted_once() {
        let expected = [cells(1, &["a"]), cells(2, &["b\rc\r\nd"]), cells(5, &["e"]), cells(7, &["f"])];
        assert_eq!(read("a\r\"b\rc\r\nd\"\re\r\rf\r"), expected);
        assert_eq!(read("a\n\"b\rc\r\nd\"\ne\n\nf\n"), expected);
        assert_eq!(read("a\r\n\"b\rc\r\nd\"\r\ne\r\n\r\nf\r\n"), expected);
    }

    #[test]
    fn a_record_that_is_too_large_is_passed_over_but_for_its_first_cells() {
        let (long, wide) = ("x".repeat(MAX_RECORD_BYTES + 1), "y,".repeat(MAX_COLUMNS));
        let text = format!("a,b\nh,{long},1\n{long}\nc,d\n{wide}\ne");
        let too_large = |line: u64, begun: &[&str]| {
            let begun = begun.iter().map(|cell| Some((*cell).to_owned())).collect();
            Record::TooLarge { line, begun }
        };
        let expected = [
            cells(1, &["a", "b"]),
            too_large(2, &["h"]),
            too_large(3, &[]),
            cells(4, &["c", "d"]),
            too_large(5, &["y"; MAX_COLUMNS]),
            cells(6, &["e"]),
        ];
        assert_eq!(read(&text), expected);
    }

    #[test]
    fn a_quote_left_open_costs_no_more_than_the_rest_of_the_file() {
        let text = format!("a\n\"{}", "x\n".repeat(MAX_RECORD_BYTES));
        assert_eq!(read(&text), [cells(1, &["a"]), Record::TooLarge { line: 2, begun: Vec::new() }]);
    }

    #[test]
    fn what_is_not_utf_8_is_told_apart() {
        let mut reader = RecordReader::new(Cursor::new(b"a,\xff".to_vec()));
        let expected = Record::Cells { line: 1, cells: vec![Some("a".to_owned()), None] };
        assert_eq!(reader.next().unwrap(), Some(expected));
        assert_eq!(reader.next().unwrap(), None);
    }
}
