//! One request over the loopback interface: all that starting and its test need.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);
/// No answer that is looked at here is larger.
const MAX_BYTES: u64 = 1024 * 1024;

/// Status and decoded body.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) body: String,
}

/// A GET; `None` while nobody answers.
pub(crate) fn get(port: u16, path: &str) -> Option<Answer> {
    send(port, "GET", path, &[], "")
}

/// Any request; `None` while nobody answers.
pub(crate) fn send(port: u16, method: &str, path: &str, headers: &[(&str, &str)], body: &str) -> Option<Answer> {
    let address = format!("127.0.0.1:{port}");
    let mut stream = TcpStream::connect(&address).ok()?;
    stream.set_read_timeout(Some(TIMEOUT)).ok()?;
    stream.set_write_timeout(Some(TIMEOUT)).ok()?;
    let mut head = format!("{method} {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n");
    for (name, value) in headers.iter().chain(&[("content-length", body.len().to_string().as_str())]) {
        head.extend([name, ": ", value, "\r\n"]);
    }
    let request = format!("{head}\r\n{body}");
    stream.write_all(request.as_bytes()).ok()?;
    let mut stream = stream.take(MAX_BYTES);
    let mut bytes = Vec::new();
    let mut buffer = [0; 16 * 1024];
    // Not until the other side closes: workerd waits for us to do that.
    while !is_whole(&bytes) {
        match stream.read(&mut buffer).ok()? {
            0 => break,
            length => bytes.extend_from_slice(&buffer[..length]),
        }
    }
    parse(&String::from_utf8_lossy(&bytes))
}

/// Whether the head says that nothing follows. An answer without a length ends with its connection.
fn is_whole(bytes: &[u8]) -> bool {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return false };
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let body = &bytes[end + 4..];
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:")?.trim().parse().ok());
    length.map_or_else(|| is_chunked(&head) && body.ends_with(b"0\r\n\r\n"), |length: usize| body.len() >= length)
}

fn is_chunked(head: &str) -> bool {
    head.to_ascii_lowercase().contains("transfer-encoding: chunked")
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some(Answer { status, body: if is_chunked(head) { joined(body) } else { body.to_owned() } })
}

/// The chunks of RFC 9112, section 7.1, without their sizes. Bodies here are ASCII, so bytes and characters agree.
fn joined(mut rest: &str) -> String {
    let mut body = String::new();
    while let Some((size, after)) = rest.split_once("\r\n") {
        let Ok(size @ 1..) = usize::from_str_radix(size.trim(), 16) else { break };
        let Some(chunk) = after.get(..size) else { break };
        body.push_str(chunk);
        rest = after.get(size + 2..).unwrap_or_default();
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_framings_give_the_same_body() {
        let expected = Some(Answer { status: 200, body: "hello".to_owned() });
        assert_eq!(parse("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello"), expected);
        let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n3\r\nllo\r\n0\r\n\r\n";
        assert_eq!(parse(chunked), expected);
    }

    #[test]
    fn an_answer_is_whole_when_its_head_says_so() {
        for whole in [
            "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
            "HTTP/1.1 204 No\r\ncontent-length: 0\r\n\r\n",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ] {
            assert!(is_whole(whole.as_bytes()), "{whole}");
            assert!(!is_whole(&whole.as_bytes()[..whole.len() - 1]), "{whole}");
        }
        assert!(!is_whole(b"HTTP/1.1 200 OK\r\n\r\nhello"), "without a length only the end of the connection tells");
    }

    #[test]
    fn what_is_not_http_is_no_answer() {
        assert_eq!(parse("220 smtp ready\r\n"), None);
    }
}
