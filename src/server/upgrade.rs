//! Ignores requests to change the protocol, as RFC 9110 (section 7.8) allows.
//!
//! For such a request, the HTTP library would announce the change and close the connection. Some proxies ask for
//! it in every request that they pass on, because they are set up for `WebSocket`s.

/// Replaces the word `upgrade` as a field name or a connection option. It must have the same length.
const REPLACEMENT: [u8; 7] = *b"ignored";

/// Makes the library overlook the fields `Upgrade` and `Connection: upgrade` in a part of a request head. In a line
/// that arrives in two parts it may still see them.
pub fn ignore(head: &mut [u8]) {
    for line in head.split_mut(|byte| *byte == b'\n') {
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
