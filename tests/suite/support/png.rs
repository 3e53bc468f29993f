//! Reading PNG files, with their checksums.

use std::io::Read;

use flate2::Crc;
use flate2::read::ZlibDecoder;

/// A PNG file.
pub struct Png {
    /// The width, the height, the bits per sample, the colour type, and the methods (section 11.2.1).
    pub header: Vec<u8>,
    /// The rows, each with its filter type.
    pub rows: Vec<u8>,
}

impl Png {
    /// Reads a file whose chunks all have the right checksum.
    pub fn read(file: &[u8]) -> Self {
        let mut chunks = file.strip_prefix(b"\x89PNG\r\n\x1a\n").expect("a PNG signature");
        let (mut header, mut compressed, mut last) = (Vec::new(), Vec::new(), Vec::new());
        while let Some((length, rest)) = chunks.split_first_chunk() {
            let length = usize::try_from(u32::from_be_bytes(*length)).expect("a length");
            let (chunk, rest) = rest.split_at(4 + length);
            let (checksum, rest) = rest.split_first_chunk().expect("a checksum");
            let mut expected = Crc::new();
            expected.update(chunk);
            assert_eq!(u32::from_be_bytes(*checksum), expected.sum());
            let (kind, data) = chunk.split_at(4);
            match kind {
                b"IHDR" => header = data.to_vec(),
                b"IDAT" => compressed.extend(data),
                _ => {}
            }
            last = kind.to_vec();
            chunks = rest;
        }
        assert_eq!(last, b"IEND");
        let mut rows = Vec::new();
        ZlibDecoder::new(&compressed[..]).read_to_end(&mut rows).expect("a zlib stream");
        Self { header, rows }
    }
}
