//! The files that pages link to, at addresses that change when their content does.

use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use actix_files::NamedFile;
use actix_web::http::header::{CACHE_CONTROL, ContentType, LOCATION, VARY};
use actix_web::web::{Data, Path as Segment};
use actix_web::{HttpRequest, HttpResponse, Responder};
use sha2::{Digest, Sha256};

use super::delivery::Keep;
use super::{Error, Site, compress};

/// The style sheet of all pages.
const STYLE: &str = "style.css";

/// The icon of the site.
const ICON: &str = "icon.svg";

/// The script of the pages that have a number to copy.
const SCRIPT: &str = "copy.js";

/// The files that pages link to.
#[derive(Debug)]
pub struct Assets {
    /// The name in an address, such as `style-0f1e2d3c.css`, to the file.
    files: HashMap<String, File>,
    style: String,
    icon: String,
    script: String,
}

/// A file as it was when its hash was made.
#[derive(Debug)]
struct File {
    path: PathBuf,
    length: u64,
    modified: SystemTime,
}

impl Assets {
    /// Reads the files once, for the hash of what is in them.
    ///
    /// # Errors
    ///
    /// When the folder lacks one of them, or it is empty.
    pub fn load(folder: &Path) -> io::Result<Self> {
        let mut files = HashMap::new();
        let mut address = |name: &str| -> io::Result<String> {
            let path = folder.join(name);
            let modified = fs::metadata(&path)?.modified()?;
            let content = fs::read(&path)?;
            if content.is_empty() {
                return Err(io::Error::other(format!("{name} is empty")));
            }
            let hashed = hashed_name(name, &content);
            let address = format!("/static/{hashed}");
            let length = content.len() as u64;
            files.insert(
                hashed,
                File {
                    path,
                    length,
                    modified,
                },
            );
            Ok(address)
        };
        let style = address(STYLE)?;
        let icon = address(ICON)?;
        let script = address(SCRIPT)?;
        Ok(Self {
            files,
            style,
            icon,
            script,
        })
    }

    /// The address of the style sheet.
    #[must_use]
    pub fn style(&self) -> &str {
        &self.style
    }

    /// The address of the script.
    #[must_use]
    pub fn script(&self) -> &str {
        &self.script
    }

    /// The address of the icon.
    #[must_use]
    pub fn icon(&self) -> &str {
        &self.icon
    }
}

/// `style.css` → `style-0f1e2d3c.css`.
fn hashed_name(name: &str, content: &[u8]) -> String {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    format!("{stem}-{}.{extension}", hash(content))
}

/// The first 32 bits of the content's SHA-256 in hexadecimal: enough to tell one version from the next.
pub fn hash(content: &[u8]) -> String {
    let mut hash = String::new();
    for byte in Sha256::digest(content).iter().take(4) {
        write!(hash, "{byte:02x}").expect("a String takes all that is written");
    }
    hash
}

/// `GET /favicon.ico`, where browsers look for the icon of what is not a page: to the icon.
pub async fn favicon(site: Data<Site>) -> HttpResponse {
    HttpResponse::SeeOther()
        .insert_header((LOCATION, site.assets.icon()))
        .insert_header((CACHE_CONTROL, Keep::AWhile.header()))
        .finish()
}

/// `GET /static/style-0f1e2d3c.css`: the file, to be kept for a year.
pub async fn file(
    name: Segment<String>,
    site: Data<Site>,
    request: HttpRequest,
) -> Result<HttpResponse, Error> {
    let known = site
        .assets
        .files
        .get(name.as_str())
        .ok_or(Error::NotFound)?;
    let file = NamedFile::open(&known.path).map_err(|error| Error::Internal(error.into()))?;
    if file.metadata().len() != known.length || file.modified() != Some(known.modified) {
        // Its address is that of what it was, and caches would keep the wrong content for a year.
        let cause = format!("{} was changed while in use", known.path.display());
        return Err(Error::Internal(cause.into()));
    }
    let kind = ContentType(file.content_type().clone());
    // The tag would be made of the inode, which is no two instances' same; the date does for both.
    let mut answer = file
        .use_etag(false)
        .disable_content_disposition()
        .respond_to(&request)
        .map_into_boxed_body();
    let headers = answer.headers_mut();
    // Its address changes with its content, so that what is kept never goes stale.
    headers.insert(CACHE_CONTROL, Keep::Forever.header());
    if compress::pays(&kind, known.length) {
        headers.insert(VARY, compress::ACCEPT_ENCODING);
    }
    Ok(answer)
}
