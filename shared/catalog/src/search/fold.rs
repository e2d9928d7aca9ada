//! Letters as they are searched by: small, and without their marks.

/// Latin letters that decompose (Unicode 15, NFKD) into a base letter and marks, or that are commonly typed as others. By hand because
/// the tables of a library would take a tenth of the edge's size; a test compares them with such a library.
const LATIN: &[(&str, &str)] = &[
    ("a", "àáâãäåāăąǎǟǡǻȁȃȧḁạảấầẩẫậắằẳẵặ"),
    ("ae", "æǣǽ"),
    ("b", "ḃḅḇ"),
    ("c", "çćĉċčḉ"),
    ("d", "ðďđḋḍḏḑḓ"),
    ("dz", "ǆǳ"),
    ("e", "èéêëēĕėęěȅȇȩḕḗḙḛḝẹẻẽếềểễệ"),
    ("f", "ḟ"),
    ("g", "ĝğġģǧǵḡ"),
    ("h", "ĥħȟḣḥḧḩḫẖ"),
    ("i", "ìíîïĩīĭįıǐȉȋḭḯỉị"),
    ("ij", "ĳ"),
    ("j", "ĵǰ"),
    ("k", "ķĸǩḱḳḵ"),
    ("l", "ĺļľłḷḹḻḽ"),
    ("lj", "ǉ"),
    ("m", "ḿṁṃ"),
    ("n", "ñńņňŋǹṅṇṉṋ"),
    ("nj", "ǌ"),
    ("o", "òóôõöøōŏőơǒǫǭǿȍȏȫȭȯȱṍṏṑṓọỏốồổỗộớờởỡợ"),
    ("oe", "œ"),
    ("p", "ṕṗ"),
    ("r", "ŕŗřȑȓṙṛṝṟ"),
    ("s", "śŝşšſșṡṣṥṧṩẛ"),
    ("ss", "ß"),
    ("t", "ţťŧțṫṭṯṱẗ"),
    ("th", "þ"),
    ("u", "ùúûüũūŭůűųưǔǖǘǚǜȕȗṳṵṷṹṻụủứừửữự"),
    ("v", "ṽṿ"),
    ("w", "ŵẁẃẅẇẉẘ"),
    ("x", "ẋẍ"),
    ("y", "ýÿŷȳẏẙỳỵỷỹ"),
    ("z", "źżžƶẑẓẕ"),
];

/// Writes the letter as it is searched by: lower case, without marks; a mark that stands alone is nothing.
pub(super) fn fold(letter: char, mut write: impl FnMut(char)) {
    for small in letter.to_lowercase() {
        if small.is_ascii() {
            write(small);
        } else if let Some((base, _)) = LATIN.iter().find(|(_, marked)| marked.contains(small)) {
            base.chars().for_each(&mut write);
        } else if !('\u{300}'..='\u{36f}').contains(&small) {
            // A sigma at the end of a word is a sigma.
            write(if small == 'ς' { 'σ' } else { small });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> String {
        let mut folded = String::new();
        text.chars().for_each(|letter| fold(letter, |letter| folded.push(letter)));
        folded
    }

    #[test]
    fn case_and_marks_make_no_difference() {
        for (text, plain) in [
            ("Crème Brûlée", "creme brulee"),
            ("creme\u{300}", "creme"),
            ("GROẞ, groß", "gross, gross"),
            ("Łódź Ångström İzmir", "lodz angstrom izmir"),
            ("Ørsted Æther œuvre", "orsted aether oeuvre"),
            ("ΚΑΦΕΣ καφες ЧАЙ 茶", "καφεσ καφεσ чай 茶"),
        ] {
            assert_eq!(folded(text), plain);
        }
    }

    #[test]
    fn what_is_folded_stays_as_it_is() {
        for letter in '\0'..='\u{2fff}' {
            let once = folded(&letter.to_string());
            assert_eq!(folded(&once), once, "{letter:?}");
        }
    }
}
