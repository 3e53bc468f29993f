//! Ignores requests to change the protocol, as RFC 9110 (section 7.8) allows.
//!
//! For such a request, the HTTP library would announce the change and close the connection. Some proxies ask for
//! it in every request that they pass on, because they are set up for `WebSocket`s.

/// Replaces the word `upgrade` as a field name or a connection option. It must have the same length.
const REPLACEMENT: [u8; 7] = *b"ignored";

/// Makes the library overlook the fields `Upgrade` and `Connection: upgrade` in a part of a request head. In a line
/// that arrives in two parts it may still see them; `is_within_line` says that the first line here is the rest of one.
pub fn ignore(head: &mut [u8], is_within_line: bool) {
    for line in head.split_mut(|byte| *byte == b'\n').skip(is_within_line.into()) {
        let Some(colon) = memchr::memchr(b':', line) else { continue };
        let (name, value) = line.split_at_mut(colon);
        if name.eq_ignore_ascii_case(b"upgrade") {
            name.copy_from_slice(&REPLACEMENT);
        } else if name.eq_ignore_ascii_case(b"connection") {
            for option in value[1..].split_mut(|byte| *byte == b',') {
                let start = option.len() - option.trim_ascii_start().len();
                if option.trim_ascii().eq_ignore_ascii_case(b"upgrade") {
                    option[start..start + REPLACEMENT.len()].copy_from_slice(&REPLACEMENT);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ignored(head: &str, is_within_line: bool) -> String {
        let mut bytes = head.as_bytes().to_vec();
        ignore(&mut bytes, is_within_line);
        String::from_utf8(bytes).expect("valid UTF-8")
    }

    #[test]
    fn only_the_field_and_the_option_are_replaced() {
        for (head, expected) in [
            ("Upgrade: h2c\r\n", "ignored: h2c\r\n"),
            ("connection:upgrade", "connection:ignored"),
            ("Connection: keep-alive,\tUPGRADE ,close", "Connection: keep-alive,\tignored ,close"),
            ("Upgrade-Insecure-Requests: 1\r\n", "Upgrade-Insecure-Requests: 1\r\n"),
            (
                "GET /?upgrade: HTTP/1.1\r\nX: Upgrade\r\n",
                "GET /?upgrade: HTTP/1.1\r\nX: Upgrade\r\n",
            ),
        ] {
            assert_eq!(ignored(head, false), expected);
        }
    }

    #[test]
    fn the_rest_of_a_line_is_not_taken_for_a_field() {
        assert_eq!(ignored("upgrade:b\r\nUpgrade: c", true), "upgrade:b\r\nignored: c");
    }
}
