//! The text of lists of terms, against the definition.

use fibonacci::{Fibonacci, Layout, ListText, length};
use proptest::prelude::*;

use crate::support::{LINES, cases, expected_lines, list_text, read_all};

/// On each row, the index and the term.
const NUMBERED: Layout = Layout { separator: b"\r\n", numbered: true };

/// The same text as [`list_text`] with [`NUMBERED`], by the definition.
fn expected_numbered_rows(from: u64, count: u64) -> String {
    let rows: Vec<String> = (from..from + count)
        .zip(Fibonacci::starting_at(from))
        .map(|(index, term)| format!("{index},{term}"))
        .collect();
    rows.join("\r\n")
}

#[test]
fn lines_do_not_depend_on_the_size_of_the_buffer() {
    let whole = expected_lines(0, 300);
    for buffer in [1, 2, 7, 8, 9, 63, 64, 65, 1_000, 100_000] {
        assert!(list_text(0, 300, LINES, buffer) == whole, "a buffer of {buffer} bytes");
    }
    assert_eq!(list_text(0, 0, LINES, 10), "");
    assert_eq!(list_text(0, 1, LINES, 10), "0");
    let quoted = Layout { separator: b"\",\"", numbered: false };
    assert_eq!(list_text(7, 3, quoted, 2), "13\",\"21\",\"34");
}

#[test]
fn numbered_rows_do_not_depend_on_the_size_of_the_buffer() {
    let whole = expected_numbered_rows(0, 1_100);
    for buffer in [1, 2, 3, 7, 64, 65, 1_000, 1_000_000] {
        assert!(list_text(0, 1_100, NUMBERED, buffer) == whole, "a buffer of {buffer} bytes");
    }
}

#[test]
fn a_list_can_start_at_a_large_index() {
    for from in [11_998, 12_000, 20_000] {
        let text = expected_lines(from, 5);
        assert!(list_text(from, 5, LINES, 4_096) == text, "from F({from})");
    }
}

#[test]
fn numbered_rows_can_start_at_any_byte() {
    assert_eq!(list_text(10, 2, NUMBERED, 100), "10,55\r\n11,89");
    // Around the indices where the index or the term gets one more digit.
    for from in [0, 1, 5, 8, 95, 995, 9_998] {
        for count in 0..=7 {
            let whole = expected_numbered_rows(from, count);
            assert_eq!(
                ListText::length(from, count, NUMBERED),
                whole.len() as u64,
                "{count} rows from F({from})"
            );
            // Every byte, but not of the longest rows.
            for offset in (0..whole.len()).step_by(1 + whole.len() / 2_000) {
                let (rows, bytes) = ListText::position(from, count, NUMBERED, offset as u64);
                let list = ListText::new(from + rows, count - rows, NUMBERED).skipping(bytes);
                assert!(
                    read_all(list, 64) == whole[offset..],
                    "byte {offset} of {count} rows from F({from})"
                );
            }
        }
    }
}

#[test]
fn a_list_can_start_at_any_byte_of_a_long_row() {
    let whole = expected_lines(50_000, 2);
    for offset in [0, 4_095, 4_096, 4_097, 8_192, 10_000, whole.len() - 1, whole.len()] {
        let list = ListText::new(50_000, 2, LINES).skipping(offset as u64);
        assert!(read_all(list, 1_000) == whole[offset..], "byte {offset}");
    }
    let after = ListText::new(50_000, 2, LINES).skipping(u64::MAX);
    assert_eq!(read_all(after, 1_000), "");
}

#[test]
fn positions_after_the_last_separator_are_after_all_rows() {
    // The text "55\n89\n144\n", of which the last line feed is not written.
    assert_eq!(ListText::position(10, 3, LINES, 9), (2, 3));
    assert_eq!(ListText::position(10, 3, LINES, 10), (3, 0));
    assert_eq!(ListText::position(10, 3, LINES, 15), (3, 5));
    assert_eq!(ListText::position(10, 0, LINES, 1), (0, 1));
}

proptest! {
    #![proptest_config(cases(32))]

    #[test]
    fn any_list_agrees_with_the_definition(
        from in 0..15_000_u64, count in 0..20_u64, buffer in 1..9_000_usize
    ) {
        let text = expected_lines(from, count);
        let length = length::digits_of_terms(from, count) + count.saturating_sub(1);
        prop_assert_eq!(length, text.len() as u64);
        prop_assert!(list_text(from, count, LINES, buffer) == text);
        let rows = expected_numbered_rows(from, count);
        prop_assert_eq!(ListText::length(from, count, NUMBERED), rows.len() as u64);
        prop_assert!(list_text(from, count, NUMBERED, buffer) == rows);
    }
}
