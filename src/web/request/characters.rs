//! The characters that people write numbers with: digits of every script, signs, separators, and spaces.

/// The zeros of all decimal digits: Unicode 16, general category Nd. The other nine follow each of them, in order.
const ZEROS: [u32; 76] = [
    0x0030, 0x0660, 0x06F0, 0x07C0, 0x0966, 0x09E6, 0x0A66, 0x0AE6, 0x0B66, 0x0BE6, 0x0C66, 0x0CE6,
    0x0D66, 0x0DE6, 0x0E50, 0x0ED0, 0x0F20, 0x1040, 0x1090, 0x17E0, 0x1810, 0x1946, 0x19D0, 0x1A80,
    0x1A90, 0x1B50, 0x1BB0, 0x1C40, 0x1C50, 0xA620, 0xA8D0, 0xA900, 0xA9D0, 0xA9F0, 0xAA50, 0xABF0,
    0xFF10, 0x104A0, 0x10D30, 0x10D40, 0x11066, 0x110F0, 0x11136, 0x111D0, 0x112F0, 0x11450,
    0x114D0, 0x11650, 0x116C0, 0x116D0, 0x116DA, 0x11730, 0x118E0, 0x11950, 0x11BF0, 0x11C50,
    0x11D50, 0x11DA0, 0x11F50, 0x16130, 0x16A60, 0x16AC0, 0x16B50, 0x16D70, 0x1CCF0, 0x1D7CE,
    0x1D7D8, 0x1D7E2, 0x1D7EC, 0x1D7F6, 0x1E140, 0x1E2F0, 0x1E4F0, 0x1E5F1, 0x1E950, 0x1FBF0,
];

const SUPERSCRIPTS: [char; 10] = ['⁰', '¹', '²', '³', '⁴', '⁵', '⁶', '⁷', '⁸', '⁹'];

const SUBSCRIPTS: [char; 10] = ['₀', '₁', '₂', '₃', '₄', '₅', '₆', '₇', '₈', '₉'];

/// A text in as few characters as its meaning needs: ASCII digits and signs, one kind of space, comma and
/// apostrophe, lower case, `^` before raised digits and `↓` before lowered ones; without invisible characters, and
/// without white space or quotation marks around it.
pub fn simplified(typed: &str) -> String {
    let mut text = String::with_capacity(typed.len());
    // What the last character was: plain, raised or lowered.
    let mut shift = None;
    for char in typed.chars().filter(|char| !is_invisible(*char)) {
        let (mark, char) = simple(char);
        if mark.is_some() && mark != shift {
            text.extend(mark);
        }
        shift = mark;
        text.push(char);
    }
    let trimmed = text.trim_ascii();
    without_quotes(trimmed).map_or(trimmed, str::trim_ascii).to_owned()
}

/// The character that means the same, and the mark of a raised or lowered one.
fn simple(char: char) -> (Option<char>, char) {
    if let Some(digit) = digit(char) {
        return (None, digit);
    }
    for (mark, digits) in [('^', SUPERSCRIPTS), ('↓', SUBSCRIPTS)] {
        if let Some(digit) =
            ('0'..='9').zip(digits).find_map(|(digit, other)| (other == char).then_some(digit))
        {
            return (Some(mark), digit);
        }
    }
    let plain = match char {
        char if char.is_whitespace() => ' ',
        // Hyphens, dashes and minus signs, and the Japanese mark of a long vowel.
        '\u{2010}'..='\u{2015}' | '˗' | '⁃' | '−' | '➖' | 'ー' | 'ｰ' | '﹘' | '﹣' => {
            '-'
        }
        '₋' => return (Some('↓'), '-'),
        '➕' | '﹢' => '+',
        '،' | '٬' | '、' | '︐' | '﹐' | '﹑' | '､' => ',',
        '‘' | '’' | '‛' | '′' | 'ʹ' | 'ʼ' | '´' | '`' => '\'',
        '․' | '﹒' | '٫' => '.',
        '∙' | '⋅' | '・' => '·',
        '×' | '✕' | '✖' | '⨯' | '∗' => '*',
        // The full-width forms of ASCII.
        '！'..='～' => char::from_u32(u32::from(char) - 0xFEE0).unwrap_or(char),
        char => char,
    };
    (None, plain.to_ascii_lowercase())
}

/// The ASCII digit with the value of a decimal digit of any script.
fn digit(char: char) -> Option<char> {
    let code = u32::from(char);
    let zero = ZEROS[..ZEROS.partition_point(|zero| *zero <= code)].last()?;
    char::from_digit(code - zero, 10)
}

/// Whether a character has no width and no meaning for a number: marks of text direction, joiners, soft hyphens,
/// byte order marks, and selectors of a glyph.
const fn is_invisible(char: char) -> bool {
    matches!(char,
        '\u{AD}' | '\u{34F}' | '\u{61C}' | '\u{180B}'..='\u{180F}' | '\u{200B}'..='\u{200F}'
        | '\u{202A}'..='\u{202E}' | '\u{2060}'..='\u{206F}' | '\u{FE00}'..='\u{FE0F}' | '\u{FEFF}'
        | '\u{FFF9}'..='\u{FFFB}' | '\u{E0000}'..='\u{E0FFF}'
        // The frame of a keycap, as in 5️⃣.
        | '\u{20E3}')
}

/// The text between quotation marks.
fn without_quotes(text: &str) -> Option<&str> {
    [('"', '"'), ('\'', '\''), ('“', '”'), ('„', '“'), ('«', '»'), ('»', '«'), ('「', '」')]
        .into_iter()
        .find_map(|(start, end)| text.strip_prefix(start)?.strip_suffix(end))
}

#[cfg(test)]
mod tests {
    use regex::Regex;

    use super::*;

    #[test]
    fn the_digits_of_every_script_have_their_values() {
        let decimal = Regex::new(r"^\p{Nd}$").expect("a valid expression");
        let all: Vec<char> = ('\0'..=char::MAX)
            .filter(|char| decimal.is_match(char.encode_utf8(&mut [0; 4])))
            .collect();
        assert_eq!(all.len(), 10 * ZEROS.len());
        // Unicode has them in runs of ten, from zero to nine.
        for (position, char) in all.iter().enumerate() {
            let value = u32::try_from(position % 10).expect("less than ten");
            assert_eq!(digit(*char), char::from_digit(value, 10), "{char:?}");
        }
        let found = ('\0'..=char::MAX).filter(|char| digit(*char).is_some());
        assert!(found.eq(all));
    }

    #[test]
    fn every_white_space_character_is_a_space_and_no_invisible_one_remains() {
        for char in ('\0'..=char::MAX).filter(|char| char.is_whitespace()) {
            assert_eq!(simplified(&format!("1{char}0")), "1 0", "{char:?}");
            assert_eq!(simplified(&format!("{char}1{char}")), "1", "{char:?}");
        }
        // Unicode's format characters, except for those that are visible signs of some scripts.
        let format = Regex::new(r"^\p{Cf}$").expect("a valid expression");
        let visible = Regex::new(r"^[\x{600}-\x{605}\x{6DD}\x{70F}\x{890}\x{891}\x{8E2}\x{110BD}\x{110CD}\x{13430}-\x{1343F}\x{1BCA0}-\x{1BCA3}\x{1D173}-\x{1D17A}]$").expect("a valid expression");
        for char in '\0'..=char::MAX {
            let text = char.to_string();
            if format.is_match(&text) && !visible.is_match(&text) {
                assert_eq!(simplified(&format!("{char}1{char}0")), "10", "{char:?}");
            }
        }
    }

    #[test]
    fn every_dash_that_looks_like_a_minus_sign_is_one() {
        for char in "-‐‑‒–—―−－﹣﹘➖ーｰ⁃˗".chars() {
            assert_eq!(simplified(&char.to_string()), "-", "{char:?}");
        }
    }

    #[test]
    fn raised_and_lowered_digits_are_marked() {
        assert_eq!(simplified("10¹²"), "10^12");
        assert_eq!(simplified("F₁₀₀"), "f↓100");
        assert_eq!(simplified("F₋₈"), "f↓-8");
        assert_eq!(simplified("1²₃⁴"), "1^2↓3^4");
    }
}
