//! Writers of small files. This one is of PDF: text in Helvetica at given places, uncompressed, so that a test can
//! damage it where it wants.

pub mod archives;
pub mod compound;
pub mod packages;

use std::fmt::Write;

/// A page while it is written.
pub struct Sheet {
    content: String,
    turn: u32,
    drawn: u32,
    last: (f32, f32),
    image: bool,
}

impl Sheet {
    /// An empty page of 595 × 842 points.
    pub fn a4() -> Sheet {
        Sheet {
            content: String::new(),
            turn: 0,
            drawn: 0,
            last: (0.0, 0.0),
            image: false,
        }
    }

    /// The page is shown turned clockwise.
    pub fn turned(mut self, degrees: u32) -> Sheet {
        self.turn = degrees;
        self
    }

    /// The text that follows is drawn turned counterclockwise.
    pub fn drawn(mut self, degrees: u32) -> Sheet {
        self.drawn = degrees;
        self
    }

    /// Draws text from a point of the page's own space, which counts from the bottom left.
    pub fn text(mut self, x: f32, y: f32, size: f32, text: &str) -> Sheet {
        let (sin, cos) = self.direction();
        let minus = -sin;
        let text = text
            .replace('\\', "\\\\")
            .replace('(', "\\(")
            .replace(')', "\\)");
        writeln!(
            self.content,
            "BT /F1 {size} Tf {cos} {sin} {minus} {cos} {x} {y} Tm ({text}) Tj ET"
        )
        .expect("a string takes everything");
        self.last = (x, y);
        self
    }

    /// Draws text one line below the last.
    pub fn below(self, distance: f32, size: f32, text: &str) -> Sheet {
        let (sin, cos) = self.direction();
        let (x, y) = self.last;
        self.text(
            x + distance * sin as f32,
            y - distance * cos as f32,
            size,
            text,
        )
    }

    /// Draws a picture over the page.
    pub fn image(mut self) -> Sheet {
        self.image = true;
        self.content.push_str("q 595 0 0 842 0 0 cm /Im1 Do Q\n");
        self
    }

    fn direction(&self) -> (i32, i32) {
        match self.drawn {
            0 => (0, 1),
            90 => (1, 0),
            180 => (0, -1),
            _ => (-1, 0),
        }
    }
}

/// A file of these pages.
pub fn pdf(sheets: &[Sheet]) -> Vec<u8> {
    let kids: String = (0..sheets.len())
        .map(|n| format!("{} 0 R ", 5 + 2 * n))
        .collect();
    let mut objects = vec![
        "<< /Type /Catalog /Pages 2 0 R >>".to_owned(),
        format!("<< /Type /Pages /Kids [{kids}] /Count {} >>", sheets.len()),
        "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding >>".to_owned(),
        "<< /Type /XObject /Subtype /Image /Width 1 /Height 1 /ColorSpace /DeviceGray /BitsPerComponent 8 \
         /Length 1 >>\nstream\nA\nendstream"
            .to_owned(),
    ];
    for (n, sheet) in sheets.iter().enumerate() {
        let image = if sheet.image {
            "/XObject << /Im1 4 0 R >>"
        } else {
            ""
        };
        objects.push(format!(
            "<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Rotate {} \
             /Resources << /Font << /F1 3 0 R >> {image} >> /Contents {} 0 R >>",
            sheet.turn,
            6 + 2 * n
        ));
        let content = &sheet.content;
        objects.push(format!(
            "<< /Length {} >>\nstream\n{content}endstream",
            content.len()
        ));
    }
    self::objects(&objects)
}

/// A PDF of these objects, numbered from 1; the first is the catalogue.
pub fn objects(objects: &[String]) -> Vec<u8> {
    let mut file = String::from("%PDF-1.7\n");
    let mut offsets = Vec::new();
    for (n, object) in objects.iter().enumerate() {
        offsets.push(file.len());
        file.push_str(&format!("{} 0 obj\n{object}\nendobj\n", n + 1));
    }
    let start = file.len();
    let rows: String = offsets
        .iter()
        .map(|offset| format!("{offset:010} 00000 n \n"))
        .collect();
    let size = objects.len() + 1;
    file.push_str(&format!(
        "xref\n0 {size}\n0000000000 65535 f \n{rows}trailer\n<< /Size {size} /Root 1 0 R >>\nstartxref\n{start}\n%%EOF\n"
    ));
    file.into_bytes()
}
