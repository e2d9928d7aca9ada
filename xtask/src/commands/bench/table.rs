//! Text in columns: the first one to the left, the others to the right.

/// Prints rows, the first of which is the heading. Short rows are filled up with nothing.
pub(super) fn print(rows: &[Vec<String>]) {
    for line in lines(rows) {
        println!("  {line}");
    }
}

fn lines(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.iter().map(Vec::len).max().unwrap_or(0);
    let width = |column: usize| rows.iter().filter_map(|row| row.get(column)).map(|cell| cell.chars().count()).max();
    let widths: Vec<usize> = (0..columns).map(|column| width(column).unwrap_or(0)).collect();
    rows.iter().map(|row| line(row, &widths)).collect()
}

fn line(row: &[String], widths: &[usize]) -> String {
    let cells = widths.iter().enumerate().map(|(column, width)| {
        let cell = row.get(column).map_or("", String::as_str);
        if column == 0 { format!("{cell:<width$}") } else { format!("{cell:>width$}") }
    });
    cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [vec!["what".to_owned(), "n".to_owned()], vec!["a".to_owned(), "10–20".to_owned(), "x".to_owned()]];
        assert_eq!(lines(&rows), ["what      n", "a     10–20  x"]);
    }
}
