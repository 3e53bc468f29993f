//! What surrounds the content of every page: the head, the forms, the footer.

use std::fmt::Display;

use super::ops::assets::Assets;
use super::request::parameter::Parameter;
use super::site::Site;

/// The data of `base.html` and of the forms.
#[derive(Debug)]
pub struct Layout<'a> {
    pub assets: &'a Assets,
    /// The base path: a prefix of every link.
    pub base: &'a str,
    /// The title: for a tab, a bookmark and a shared link.
    pub title: String,
    /// One more sentence for a shared link and for search engines.
    pub description: String,
    /// The whole address of a picture for a shared link, if the service knows its own.
    pub picture: Option<String>,
    /// Whether search engines may list the page. They may not list results, which are endless.
    pub is_indexed: bool,
    pub n: Field,
    pub from: Field,
    pub of: Field,
    pub modulus: Field,
    pub upto: Field,
    /// Whether the Enter key presses `Show F(n)` instead of `List the first n`.
    pub enter_is_nth: bool,
}

/// A field of a form.
#[derive(Debug, Default)]
pub struct Field {
    /// Its text.
    pub typed: String,
    /// What is wrong with that.
    pub problem: Option<String>,
}

impl<'a> Layout<'a> {
    /// A layout with empty fields, for a page that search engines must not list.
    pub fn new(site: &'a Site, title: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            assets: &site.assets,
            base: &site.base_path,
            title: title.into(),
            description: description.into(),
            picture: None,
            is_indexed: false,
            n: Field::default(),
            from: Field::default(),
            of: Field::default(),
            modulus: Field::default(),
            upto: Field::default(),
            enter_is_nth: false,
        }
    }

    /// Shows the picture at this path where the page is shared, if the service knows its own address.
    pub fn with_picture(mut self, site: &Site, path: impl Display) -> Self {
        let origin = site.public_origin.as_ref();
        self.picture = origin.map(|origin| format!("{origin}{}{path}", site.base_path));
        self
    }

    /// Lets search engines list the page.
    pub fn indexed(mut self) -> Self {
        self.is_indexed = true;
        self
    }

    /// Fills in a field. Control characters that HTML cannot contain become U+FFFD.
    pub fn with_typed(mut self, field: Parameter, typed: &str) -> Self {
        self.field(field).typed = typed.replace(
            |char: char| char.is_control() && !char.is_ascii_whitespace() || char == '\x0C',
            "\u{FFFD}",
        );
        self
    }

    /// Adds a sentence at a field that says what is wrong with it.
    pub fn with_problem(mut self, field: Parameter, problem: String) -> Self {
        self.field(field).problem = Some(problem);
        self
    }

    /// Makes the Enter key press `Show F(n)`: on the page of a term, another term is the likely next request.
    pub fn with_enter_for_nth(mut self) -> Self {
        self.enter_is_nth = true;
        self
    }

    /// The text of the field in the form without `from`. The length of a list that starts later says nothing there:
    /// `Show F(n)` would show another term than the list has.
    pub fn n_alone(&self) -> &str {
        if self.from.typed.is_empty() { &self.n.typed } else { "" }
    }

    fn field(&mut self, field: Parameter) -> &mut Field {
        match field {
            Parameter::N => &mut self.n,
            Parameter::From => &mut self.from,
            Parameter::Of => &mut self.of,
            Parameter::Mod => &mut self.modulus,
            Parameter::UpTo => &mut self.upto,
        }
    }
}
