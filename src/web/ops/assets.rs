//! The files that pages link to, at addresses that change with their content.

use std::collections::HashMap;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use actix_files::NamedFile;
use actix_web::http::header::{CACHE_CONTROL, ContentType};
use actix_web::web::{Data, Path as Segment};
use actix_web::{HttpRequest, HttpResponse, Responder};
use sha2::{Digest, Sha256};
use tokio::sync::Semaphore;

use crate::web::error::RequestError;
use crate::web::response::cache_policy::CachePolicy;
use crate::web::response::compression;

/// The style sheet of all pages.
const STYLE: &str = "style.css";

/// The icon of the site.
const ICON: &str = "icon.svg";

/// The icon for browsers that take no SVG, 32 pixels wide.
const SMALL_ICON: &str = "icon.png";

/// The icon on the home screen of a phone, 180 pixels wide and without transparent corners.
const TOUCH_ICON: &str = "apple-touch-icon.png";

/// The script of pages with a Copy button.
const SCRIPT: &str = "copy.js";

/// The longest file that a worker reads itself, in bytes.
const MAX_INLINE_READ: u64 = 1 << 16;

/// The files that pages link to.
#[derive(Debug)]
pub struct Assets {
    /// Files by their name in an address, such as `style-0f1e2d3c.css`.
    files: HashMap<String, File>,
    style: String,
    icon: String,
    small_icon: String,
    touch_icon: String,
    script: String,
}

/// A file as it was when it was hashed.
#[derive(Debug)]
struct File {
    path: PathBuf,
    length: u64,
    modified: SystemTime,
}

impl Assets {
    /// Reads and hashes the files.
    ///
    /// # Errors
    ///
    /// If the folder lacks one of them, or one is empty.
    pub fn load(folder: &Path) -> io::Result<Self> {
        let mut files = HashMap::new();
        let mut add = |name: &str| -> io::Result<String> {
            let path = folder.join(name);
            let modified = fs::metadata(&path)?.modified()?;
            let content = fs::read(&path)?;
            if content.is_empty() {
                return Err(io::Error::other(format!("{name} is empty")));
            }
            let hashed = hashed_name(name, &content);
            let address = format!("/static/{hashed}");
            let length = content.len() as u64;
            let file = File { path, length, modified };
            files.insert(hashed, file);
            Ok(address)
        };
        let (style, script) = (add(STYLE)?, add(SCRIPT)?);
        let (icon, small_icon, touch_icon) = (add(ICON)?, add(SMALL_ICON)?, add(TOUCH_ICON)?);
        Ok(Self { files, style, icon, small_icon, touch_icon, script })
    }

    /// The addresses of all files.
    #[must_use]
    pub fn addresses(&self) -> [&str; 5] {
        [&self.style, &self.icon, &self.small_icon, &self.touch_icon, &self.script]
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

    /// The address of the icon for browsers that take no SVG.
    #[must_use]
    pub fn small_icon(&self) -> &str {
        &self.small_icon
    }

    /// The address of the icon on the home screen of a phone.
    #[must_use]
    pub fn touch_icon(&self) -> &str {
        &self.touch_icon
    }
}

/// `style.css` → `style-0f1e2d3c.css`, with the first 32 bits of the content's SHA-256.
fn hashed_name(name: &str, content: &[u8]) -> String {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let digest = Sha256::digest(content);
    let hash = u32::from_be_bytes([digest[0], digest[1], digest[2], digest[3]]);
    format!("{stem}-{hash:08x}.{extension}")
}

/// `GET /static/style-0f1e2d3c.css`: the file, cached for a year.
pub(crate) async fn file(
    name: Segment<String>,
    assets: Data<Assets>,
    encoders: Data<Semaphore>,
    request: HttpRequest,
) -> Result<HttpResponse, RequestError> {
    let known = assets.files.get(name.as_str()).ok_or(RequestError::NotFound)?;
    let file =
        NamedFile::open(&known.path).map_err(|error| RequestError::Internal(error.into()))?;
    if file.metadata().len() != known.length || file.modified() != Some(known.modified) {
        // The address is for the old content, and caches would keep the new one under it for a year.
        let cause = format!("{} was changed while in use", known.path.display());
        return Err(RequestError::Internal(cause.into()));
    }
    let kind = ContentType(file.content_type().clone());
    // A tag would contain the inode, which differs between instances. The date is enough.
    let mut response = file
        .use_etag(false)
        // The files are small. Reading them here is faster than on another thread.
        .read_mode_threshold(MAX_INLINE_READ)
        .disable_content_disposition()
        .respond_to(&request)
        .map_into_boxed_body();
    let immutable = CachePolicy::Immutable.header();
    response.headers_mut().insert(CACHE_CONTROL, immutable);
    if compression::pays(&kind, known.length) {
        response = compression::compress(&request, response, &encoders.into_inner());
    }
    Ok(response)
}
