//! The part of an address after the question mark.

use std::borrow::Cow;

use form_urlencoded::{Serializer, parse};

use super::lenient::{Unclear, index, is_plain, number};

/// The longest number that takes no notable time, in digits.
const SHORT_NUMBER: usize = 100;

/// All values of the parameter `name`, decoded, in order.
///
/// Bytes that are not UTF-8 become U+FFFD, which no parameter accepts.
pub fn values(query: &str, name: &str) -> Vec<String> {
    parse(query.as_bytes())
        .filter_map(|(key, value)| (key == name).then(|| value.into_owned()))
        .collect()
}

/// The first value of a parameter with this name in any letter case, decoded.
pub fn value_ignoring_case(query: &str, name: &str) -> Option<String> {
    parse(query.as_bytes())
        .find_map(|(key, value)| key.eq_ignore_ascii_case(name).then(|| value.into_owned()))
}

/// The query with `value` for the parameter `name`, and of the others only those in `kept`.
pub fn with(query: &str, name: &str, value: &str, kept: &[&str]) -> String {
    let others = parse(query.as_bytes()).filter(|(key, _)| kept.contains(&key.as_ref()));
    let mut pairs = Serializer::new(String::new());
    pairs.extend_pairs(others.filter(|(key, _)| key != name));
    pairs.append_pair(name, value).finish()
}

/// Whether there is a parameter `name`.
pub fn has(query: &str, name: &str) -> bool {
    parse(query.as_bytes()).any(|(key, _)| key == name)
}

/// The numbers of a query in plain digits, without other parameters, if one of them is not and can only mean one
/// number; otherwise the query as it is.
pub fn in_plain_digits(query: &str) -> Cow<'_, str> {
    // Almost always, all are, which needs no decoding.
    if query.split('&').all(|pair| pair.split_once('=').is_some_and(|(_, typed)| is_plain(typed))) {
        return Cow::Borrowed(query);
    }
    let mut is_changed = false;
    let (mut names, mut long_numbers) = (Vec::new(), 0);
    let mut pairs = Serializer::new(String::new());
    for (name, typed) in parse(query.as_bytes()) {
        let read: fn(&str) -> Result<String, Unclear> = match name.as_ref() {
            "n" | "from" => index,
            "of" | "upto" | "mod" | "page" | "digit" => number,
            _ => continue,
        };
        // A repeated number is an error anyway, and a thousand powers would take a second. No page has two long
        // numbers.
        if names.contains(&name) || long_numbers > 1 {
            return Cow::Borrowed(query);
        }
        let plain = read(&typed).unwrap_or_else(|_| typed.clone().into_owned());
        long_numbers += usize::from(plain.len() > SHORT_NUMBER);
        is_changed |= plain != typed;
        pairs.append_pair(&name, &plain);
        names.push(name);
    }
    if is_changed { Cow::Owned(pairs.finish()) } else { Cow::Borrowed(query) }
}
