//! One GET over the loopback interface: all that starting needs.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

const TIMEOUT: Duration = Duration::from_secs(5);
/// No answer that is looked at here is larger.
const MAX_BYTES: u64 = 1024 * 1024;

/// Status and decoded body.
#[derive(Debug, PartialEq, Eq)]
pub(in crate::commands) struct Answer {
    pub(in crate::commands) status: u16,
    pub(in crate::commands) body: String,
}

/// `None` while nobody answers.
pub(in crate::commands) fn get(port: u16, path: &str) -> Option<Answer> {
    let address = format!("127.0.0.1:{port}");
    let mut stream = TcpStream::connect(&address).ok()?;
    stream.set_read_timeout(Some(TIMEOUT)).ok()?;
    stream.set_write_timeout(Some(TIMEOUT)).ok()?;
    let request = format!("GET {path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).ok()?;
    let mut bytes = Vec::new();
    stream.take(MAX_BYTES).read_to_end(&mut bytes).ok()?;
    parse(&String::from_utf8_lossy(&bytes))
}

fn parse(text: &str) -> Option<Answer> {
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    let chunked = head.to_ascii_lowercase().contains("transfer-encoding: chunked");
    Some(Answer { status, body: if chunked { joined(body) } else { body.to_owned() } })
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
    fn what_is_not_http_is_no_answer() {
        assert_eq!(parse("220 smtp ready\r\n"), None);
    }
}
