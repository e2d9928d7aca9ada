//! Tables of what an entry lets through.

use super::{AllowList, Refusal};

fn check(entries: &[&str], uri: &str) -> Result<(), Refusal> {
    AllowList::parse(entries).unwrap().check(&uri.parse().unwrap())
}

/// entry, URL, allowed
const CASES: &[(&str, &str, bool)] = &[
    // Scheme
    ("http://example.com", "http://example.com/path?query", true),
    ("http://example.com", "HTTP://example.com/", true),
    ("http://example.com", "https://example.com/", false),
    ("https://example.com", "http://example.com/", false),
    ("https://example.com", "http://example.com:443/", false),
    ("*://example.com:*", "http://example.com/", true),
    ("*://example.com:*", "https://example.com:8443/", true),
    // Port
    ("http://example.com", "http://example.com:80/", true),
    ("http://example.com", "http://example.com:8080/", false),
    ("https://example.com", "https://example.com:443/", true),
    ("http://example.com:8080", "http://example.com:8080/", true),
    ("http://example.com:8080", "http://example.com/", false),
    ("http://example.com:*", "http://example.com:1/", true),
    ("http://example.com:8000..9000", "http://example.com:8000/", true),
    ("http://example.com:8000..9000", "http://example.com:8999/", true),
    ("http://example.com:8000..9000", "http://example.com:9000/", false),
    // Host name
    ("http://example.com/", "http://example.com/", true),
    ("http://Example.COM", "http://eXample.com/", true),
    ("http://example.com", "http://example.com.evil.test/", false),
    ("http://example.com", "http://evil-example.com/", false),
    ("http://example.com", "http://www.example.com/", false),
    ("http://example.com", "http://example.com./", false),
    ("http://localhost:*", "http://127.0.0.1:3000/", false),
    // Wildcards
    ("http://*", "http://anything.example/", true),
    ("http://*", "http://anything.example:81/", false),
    ("*://*:*", "https://[2001:db8::1]:9/", true),
    ("https://*.example.com", "https://www.example.com/", true),
    ("https://*.example.com", "https://a.b.example.com/", true),
    ("https://*.example.com", "https://example.com/", false),
    ("https://*.example.com", "https://evilexample.com/", false),
    ("https://*.example.com", "https://www.example.com.evil.test/", false),
    ("https://*.amazonaws.com", "https://dynamodb.eu-central-1.amazonaws.com/", true),
    // IP literals: every spelling is the address that would be dialled
    ("http://127.0.0.1:3000", "http://127.0.0.1:3000/", true),
    ("http://127.0.0.1:3000", "http://127.1:3000/", true),
    ("http://127.0.0.1:3000", "http://0x7f000001:3000/", true),
    ("http://10.0.0.1", "http://2130706433/", false),
    ("http://127.0.0.1:3000", "http://127.0.0.2:3000/", false),
    ("http://127.0.0.1:3000", "http://localhost:3000/", false),
    ("http://[::1]:3000", "http://[::1]:3000/", true),
    ("http://[::1]:3000", "http://[0:0:0:0:0:0:0:1]:3000/", true),
    ("http://[::1]", "http://[::1]/", true),
    ("http://[::1]", "http://[::2]/", false),
    ("http://127.0.0.1", "http://[::ffff:127.0.0.1]/", false),
    ("http://10.0.0.0/8", "http://10.200.0.1/", true),
    ("http://10.0.0.0/8", "http://11.0.0.1/", false),
    ("http://10.0.0.0/8", "http://ten.example/", false),
    ("http://10.1.2.0/23:8080", "http://10.1.3.255:8080/", true),
    ("http://10.1.2.0/23:8080", "http://10.1.4.0:8080/", false),
    ("http://0.0.0.0/0:*", "http://192.0.2.1:81/", true),
    ("http://fd00::/8", "http://[fd12::1]/", true),
    ("http://fd00::/8", "http://[fe80::1]/", false),
    // Internationalised names compare in their ASCII form
    ("http://bücher.example", "http://xn--bcher-kva.example/", true),
];

#[test]
fn an_entry_allows_exactly_what_it_says() {
    for (entry, url, allowed) in CASES {
        let expected = if *allowed { Ok(()) } else { Err(Refusal::NotListed) };
        assert_eq!(check(&[entry], url), expected, "{entry} against {url}");
    }
}

#[test]
fn an_empty_list_allows_nothing() {
    assert_eq!(check(&[], "http://127.0.0.1/"), Err(Refusal::NotListed));
}

#[test]
fn any_entry_of_several_is_enough() {
    let entries = ["http://a.example", "https://b.example"];
    assert_eq!(check(&entries, "https://b.example/"), Ok(()));
    assert_eq!(check(&entries, "https://a.example/"), Err(Refusal::NotListed));
}

#[test]
fn user_information_is_refused_even_where_everything_is_allowed() {
    for url in ["http://user@example.com/", "http://user:secret@example.com/", "http://example.com:80@evil.test/"] {
        assert_eq!(check(&["*://*:*"], url), Err(Refusal::UserInfo), "{url}");
    }
}

#[test]
fn what_is_not_a_host_and_a_port_is_refused() {
    for url in ["http://example.com:99999/", "http://example.com:/", "http://1.2.3.4.5/"] {
        assert_eq!(check(&["*://*:*"], url), Err(Refusal::Malformed), "{url}");
    }
    assert_eq!(check(&["*://*:*"], "/relative"), Err(Refusal::Relative));
    assert_eq!(check(&["*://*:*"], "gopher://example.com/"), Err(Refusal::Malformed));
}

#[test]
fn entries_that_spin_refuses_are_refused() {
    for entry in [
        "*",
        "example.com",
        "localhost:3000",
        "://example.com",
        "ht-tp://example.com",
        "*://example.com",
        "http://example.com/path",
        "http://example.com:80/path",
        "http://*example.com",
        "http://a.*.example.com",
        "http://*.127.0.0.1",
        "http://example.com:port",
        "http://example.com:70000",
        "http://example.com:9000..8000",
        "http://10.0.0.0/33",
        "http://[::1",
        "http://[::1]x",
        "http://user@example.com",
        "http://self",
        "http://cart.spin.internal",
    ] {
        let message = AllowList::parse(&[entry]).expect_err(entry);
        assert!(message.contains(entry), "{message}");
    }
}

#[test]
fn an_entry_that_a_template_left_empty_is_skipped() {
    let list = AllowList::parse(&["", "http://", "https://", "http://example.com"]).unwrap();
    assert_eq!(list.0.len(), 1);
    assert_eq!(
        check(&["https://dynamodb..amazonaws.com"], "https://dynamodb.eu-west-1.amazonaws.com/"),
        Err(Refusal::NotListed),
        "an empty variable inside a name is kept, and matches no host"
    );
}
