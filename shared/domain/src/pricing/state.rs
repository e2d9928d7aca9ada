//! States and provinces, as addresses and rules name them. Names are written here as texts are [compared](folded), so that a request
//! computes nothing of them.

/// The states of the US with their names (ISO 3166-2:US), and the codes of its armed forces' post (USPS Publication 28).
const US: [(&str, &str); 60] = [
    ("AL", "ALABAMA"),
    ("AK", "ALASKA"),
    ("AZ", "ARIZONA"),
    ("AR", "ARKANSAS"),
    ("CA", "CALIFORNIA"),
    ("CO", "COLORADO"),
    ("CT", "CONNECTICUT"),
    ("DE", "DELAWARE"),
    ("FL", "FLORIDA"),
    ("GA", "GEORGIA"),
    ("HI", "HAWAII"),
    ("ID", "IDAHO"),
    ("IL", "ILLINOIS"),
    ("IN", "INDIANA"),
    ("IA", "IOWA"),
    ("KS", "KANSAS"),
    ("KY", "KENTUCKY"),
    ("LA", "LOUISIANA"),
    ("ME", "MAINE"),
    ("MD", "MARYLAND"),
    ("MA", "MASSACHUSETTS"),
    ("MI", "MICHIGAN"),
    ("MN", "MINNESOTA"),
    ("MS", "MISSISSIPPI"),
    ("MO", "MISSOURI"),
    ("MT", "MONTANA"),
    ("NE", "NEBRASKA"),
    ("NV", "NEVADA"),
    ("NH", "NEWHAMPSHIRE"),
    ("NJ", "NEWJERSEY"),
    ("NM", "NEWMEXICO"),
    ("NY", "NEWYORK"),
    ("NC", "NORTHCAROLINA"),
    ("ND", "NORTHDAKOTA"),
    ("OH", "OHIO"),
    ("OK", "OKLAHOMA"),
    ("OR", "OREGON"),
    ("PA", "PENNSYLVANIA"),
    ("RI", "RHODEISLAND"),
    ("SC", "SOUTHCAROLINA"),
    ("SD", "SOUTHDAKOTA"),
    ("TN", "TENNESSEE"),
    ("TX", "TEXAS"),
    ("UT", "UTAH"),
    ("VT", "VERMONT"),
    ("VA", "VIRGINIA"),
    ("WA", "WASHINGTON"),
    ("WV", "WESTVIRGINIA"),
    ("WI", "WISCONSIN"),
    ("WY", "WYOMING"),
    ("DC", "DISTRICTOFCOLUMBIA"),
    ("AS", "AMERICANSAMOA"),
    ("GU", "GUAM"),
    ("MP", "NORTHERNMARIANAISLANDS"),
    ("PR", "PUERTORICO"),
    ("UM", "UNITEDSTATESMINOROUTLYINGISLANDS"),
    ("VI", "VIRGINISLANDS"),
    ("AA", "ARMEDFORCESAMERICAS"),
    ("AE", "ARMEDFORCESEUROPE"),
    ("AP", "ARMEDFORCESPACIFIC"),
];

/// The provinces and territories of Canada (ISO 3166-2:CA).
const CA: [(&str, &str); 13] = [
    ("AB", "ALBERTA"),
    ("BC", "BRITISHCOLUMBIA"),
    ("MB", "MANITOBA"),
    ("NB", "NEWBRUNSWICK"),
    ("NL", "NEWFOUNDLANDANDLABRADOR"),
    ("NS", "NOVASCOTIA"),
    ("NT", "NORTHWESTTERRITORIES"),
    ("NU", "NUNAVUT"),
    ("ON", "ONTARIO"),
    ("PE", "PRINCEEDWARDISLAND"),
    ("QC", "QUEBEC"),
    ("SK", "SASKATCHEWAN"),
    ("YT", "YUKON"),
];

/// What a country calls its states, where that is known here.
fn known(country: &str) -> Option<&'static [(&'static str, &'static str)]> {
    match country {
        "US" => Some(&US),
        "CA" => Some(&CA),
        _ => None,
    }
}

/// A state as it is compared: without regard to case, spaces and hyphens, and without the country before it (`US-CA`); one that
/// is known by its name is its code.
pub(super) fn compared(country: &str, text: &str) -> String {
    let state = folded(text);
    if let Some(states) = known(country) {
        let bare = state.strip_prefix(country).unwrap_or(&state);
        let named = |(code, name): &&(&str, &str)| bare == *code || state == *code || state == *name;
        if let Some((code, _)) = states.iter().find(named) {
            return (*code).to_owned();
        }
    }
    state
}

/// Whether a state of this country has that code, as [`compared`] makes it. Of a country whose states are not known here, any
/// text of the form of a code (ISO 3166-2: one to three letters and digits, perhaps behind the country's) may be one.
pub(super) fn is_state(country: &str, state: &str) -> bool {
    if let Some(states) = known(country) {
        return states.iter().any(|(code, _)| *code == state);
    }
    let code = state.strip_prefix(country).filter(|code| !code.is_empty()).unwrap_or(state);
    (1..=3).contains(&code.len()) && code.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

/// As states and postal codes are compared.
pub(super) fn folded(text: &str) -> String {
    text.chars().filter(|letter| !letter.is_whitespace() && *letter != '-').flat_map(char::to_uppercase).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_state_is_its_code_however_it_is_written() {
        for text in ["CA", "ca", " c-a", "US-CA", "us ca", "California", "CALIFORNIA"] {
            assert_eq!(compared("US", text), "CA", "{text}");
        }
        for (text, code) in [("New York", "NY"), ("new-york", "NY"), ("Washington", "WA"), ("USVI", "VI")] {
            assert_eq!(compared("US", text), code);
        }
        assert_eq!((compared("CA", "CA-QC"), compared("CA", "Québec")), ("QC".to_owned(), "QUÉBEC".to_owned()));
        assert_eq!(compared("DE", "Nordrhein-Westfalen"), "NORDRHEINWESTFALEN");
    }

    #[test]
    fn codes_and_names_are_told_apart() {
        for (country, states) in [("US", &US[..]), ("CA", &CA[..])] {
            for (code, name) in states {
                assert_eq!(
                    (compared(country, code), compared(country, name)),
                    ((*code).to_owned(), (*code).to_owned())
                );
                assert_eq!((folded(code).as_str(), folded(name).as_str()), (*code, *name), "written as compared");
                assert!(is_state(country, code), "{code}");
            }
        }
        for (country, state) in
            [("US", "CALIFORNIEN"), ("US", ""), ("US", "XX"), ("CA", "CA"), ("AU", "VICTORIA"), ("AU", "")]
        {
            assert!(!is_state(country, state), "{country} {state}");
        }
        assert!(is_state("AU", "VIC") && is_state("AU", "AUVIC") && is_state("BR", "SP"));
    }
}
