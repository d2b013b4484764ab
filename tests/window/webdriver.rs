//! A client of the WebDriver protocol (W3C), as far as these tests need it: one session, and
//! commands that are JSON over HTTP.

use std::fmt;
use std::io::{self, BufRead, BufReader, Read, Write};
use std::net::{Ipv4Addr, TcpStream};
use std::time::Duration;

use serde_json::{Value, json};

/// The key under which the protocol names an element.
const ELEMENT: &str = "element-6066-11e4-a52e-4f735466cecf";

/// No command takes longer, not even the start of the application on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

/// A session with one window.
pub struct Session {
    port: u16,
    path: String,
}

/// Something on the page.
#[derive(Clone, Debug)]
pub struct Element(String);

/// What the driver said against a command.
#[derive(Debug)]
pub struct Refusal(String);

impl fmt::Display for Refusal {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Session {
    /// Starts the application and takes hold of its window.
    pub fn new(port: u16, capabilities: &Value) -> Result<Session, Refusal> {
        let wanted = json!({"capabilities": {"alwaysMatch": capabilities}});
        let answer = request(port, "/session", &wanted)?;
        let id = answer["sessionId"]
            .as_str()
            .ok_or_else(|| Refusal(format!("no session in {answer}")))?;
        Ok(Session {
            port,
            path: format!("/session/{id}"),
        })
    }

    /// Finds what a CSS selector matches, in the order of the page.
    pub fn find(&self, selector: &str) -> Result<Vec<Element>, Refusal> {
        let found = self.post(
            "/elements",
            &json!({"using": "css selector", "value": selector}),
        )?;
        let elements = found.as_array().into_iter().flatten();
        Ok(elements
            .filter_map(|element| Some(Element(element[ELEMENT].as_str()?.to_owned())))
            .collect())
    }

    /// Clicks in the middle of an element, as the mouse does.
    pub fn click(&self, element: &Element) -> Result<(), Refusal> {
        self.post(&format!("/element/{}/click", element.0), &json!({}))
            .map(drop)
    }

    /// Types into an element, as the keyboard does.
    pub fn write(&self, element: &Element, text: &str) -> Result<(), Refusal> {
        self.post(
            &format!("/element/{}/value", element.0),
            &json!({"text": text}),
        )
        .map(drop)
    }

    /// Runs the body of an asynchronous function in the page and gives back what it returns, `null` for nothing.
    pub fn script(&self, body: &str, arguments: &[Value]) -> Result<Value, Refusal> {
        let script = format!(
            "const done = arguments[arguments.length - 1];
             (async function () {{ {body} }}).apply(null, [...arguments].slice(0, -1))
                 .then((value) => done([value ?? null]), (error) => done(JSON.stringify(error) + String(error)))"
        );
        let mut answer = self.post(
            "/execute/async",
            &json!({"script": script, "args": arguments}),
        )?;
        match answer.get_mut(0) {
            Some(value) => Ok(value.take()),
            None => Err(Refusal(format!("the page threw {answer}"))),
        }
    }

    fn post(&self, path: &str, body: &Value) -> Result<Value, Refusal> {
        request(self.port, &format!("{}{path}", self.path), body)
    }
}

fn request(port: u16, path: &str, body: &Value) -> Result<Value, Refusal> {
    let text = exchange(port, path, &body.to_string())
        .map_err(|error| Refusal(format!("{path}: {error}")))?;
    let mut json: Value = serde_json::from_str(&text)
        .map_err(|error| Refusal(format!("{path}: {error} in {text:?}")))?;
    let value = json["value"].take();
    match value.get("error") {
        Some(error) => Err(Refusal(format!("{error}: {}", value["message"]))),
        None => Ok(value),
    }
}

/// One request on a connection of its own, and the body of its answer. The connection is not asked to close: the driver
/// hands such a wish on to the next one, whose connection it then finds closed.
fn exchange(port: u16, path: &str, body: &str) -> io::Result<String> {
    let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port))?;
    stream.set_read_timeout(Some(PATIENCE))?;
    let request = format!(
        "POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    stream.write_all(request.as_bytes())?;
    let mut answer = BufReader::new(stream);
    let mut length = None;
    loop {
        let mut line = String::new();
        if answer.read_line(&mut line)? == 0 {
            return Err(io::Error::from(io::ErrorKind::UnexpectedEof));
        }
        let line = line.trim().to_ascii_lowercase();
        if line.is_empty() {
            break;
        }
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse().ok();
        }
    }
    let length = length.ok_or_else(|| io::Error::other("an answer of unknown length"))?;
    let mut text = vec![0; length];
    answer.read_exact(&mut text)?;
    Ok(String::from_utf8_lossy(&text).into_owned())
}
