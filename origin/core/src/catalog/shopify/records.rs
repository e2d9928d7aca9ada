//! Splits a CSV file (RFC 4180, as `csv-core` reads it) into records, with bounded memory and without losing its place: a record
//! that is too large is skipped, and reading goes on behind it.

use std::io::{self, BufRead};

use csv_core::ReadRecordResult;

/// The largest record, in bytes of cell text (256 KiB).
pub const MAX_RECORD_BYTES: usize = 256 * 1024;
/// The most columns.
pub const MAX_COLUMNS: usize = 256;

/// Reads records one by one.
pub(super) struct RecordReader<R> {
    input: R,
    core: csv_core::Reader,
    line: u64,
    cells: Vec<u8>,
    ends: Vec<usize>,
    before_first: bool,
}

/// One record.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Record {
    /// Its cells. What is not UTF-8 in them is `None`.
    Cells { line: u64, cells: Vec<Option<String>> },
    /// It was larger than [`MAX_RECORD_BYTES`] or had more than [`MAX_COLUMNS`] cells.
    TooLarge { line: u64 },
}

impl<R: BufRead> RecordReader<R> {
    pub(super) fn new(input: R) -> Self {
        Self {
            input,
            core: csv_core::Reader::new(),
            line: 1,
            cells: vec![0; MAX_RECORD_BYTES],
            ends: vec![0; MAX_COLUMNS + 1],
            before_first: true,
        }
    }

    /// The next record; `None` at the end of the file.
    pub(super) fn next(&mut self) -> io::Result<Option<Record>> {
        self.skip_line_ends()?;
        let start = self.line;
        let (mut written, mut fields, mut too_large) = (0, 0, false);
        loop {
            let input = self.input.fill_buf()?;
            let (outcome, read, out, ended) =
                self.core.read_record(input, &mut self.cells[written..], &mut self.ends[fields..]);
            self.line += newlines(&input[..read]);
            self.input.consume(read);
            written += out;
            fields += ended;
            match outcome {
                ReadRecordResult::InputEmpty => {}
                // What has been read of the record is let go; its end is still looked for.
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    (written, fields, too_large) = (0, 0, true);
                }
                ReadRecordResult::Record if too_large || fields > MAX_COLUMNS => {
                    return Ok(Some(Record::TooLarge { line: start }));
                }
                ReadRecordResult::Record => return Ok(Some(self.record(start, fields))),
                ReadRecordResult::End => return Ok(None),
            }
        }
    }

    fn record(&self, line: u64, fields: usize) -> Record {
        let mut begin = 0;
        let cells = self.ends[..fields].iter().map(|end| {
            let cell = &self.cells[begin..*end];
            begin = *end;
            String::from_utf8(cell.to_vec()).ok()
        });
        Record::Cells { line, cells: cells.collect() }
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
            self.line += newlines(&input[..blank]);
            self.input.consume(blank);
        }
    }
}

fn newlines(bytes: &[u8]) -> u64 {
    bytes.iter().map(|byte| u64::from(*byte == b'\n')).sum()
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
    fn a_record_that_is_too_large_is_passed_over() {
        let text = format!("a,b\n{},1\nc,d\n{}\ne", "x".repeat(MAX_RECORD_BYTES + 1), ",".repeat(MAX_COLUMNS));
        let expected = [
            cells(1, &["a", "b"]),
            Record::TooLarge { line: 2 },
            cells(3, &["c", "d"]),
            Record::TooLarge { line: 4 },
            cells(5, &["e"]),
        ];
        assert_eq!(read(&text), expected);
    }

    #[test]
    fn a_quote_left_open_costs_no_more_than_the_rest_of_the_file() {
        let text = format!("a\n\"{}", "x\n".repeat(MAX_RECORD_BYTES));
        assert_eq!(read(&text), [cells(1, &["a"]), Record::TooLarge { line: 2 }]);
    }

    #[test]
    fn what_is_not_utf_8_is_told_apart() {
        let mut reader = RecordReader::new(Cursor::new(b"a,\xff".to_vec()));
        let expected = Record::Cells { line: 1, cells: vec![Some("a".to_owned()), None] };
        assert_eq!(reader.next().unwrap(), Some(expected));
        assert_eq!(reader.next().unwrap(), None);
    }
}
