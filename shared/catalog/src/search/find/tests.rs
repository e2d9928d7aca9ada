use commerce_domain::Product;

use super::*;
use crate::product::samples::product;

const SYLLABLES: [&str; 24] = [
    "ba", "cor", "del", "fi", "gran", "hol", "jin", "ka", "lum", "mor", "nel", "op", "pra", "quil", "ros", "ste",
    "tan", "ul", "ven", "wex", "yor", "zim", "dra", "sil",
];

/// Numbers that look like chance, the same each time.
struct Chance(u64);

impl Chance {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }
}

fn word(chance: &mut Chance) -> String {
    (0..2 + chance.below(3)).map(|_| SYLLABLES[chance.below(SYLLABLES.len())]).collect()
}

fn named(index: u32, name: &str) -> Product {
    Product {
        name: name.to_owned(),
        description: String::new(),
        brand: None,
        category: "things".parse().unwrap(),
        tags: Vec::new(),
        variants: Vec::new(),
        ..product(index)
    }
}

fn groups(products: &[Product], size: usize) -> Vec<SearchGroup> {
    products.chunks(size).map(|group| SearchGroup::read(SearchGroup::write(group).bytes()).unwrap()).collect()
}

/// The places that are found, the best first.
fn found(groups: &[SearchGroup], text: &str) -> Vec<usize> {
    let scores = Search::new(groups).find(text).scores;
    let mut places: Vec<usize> = (0..scores.len()).filter(|place| scores[*place] > 0).collect();
    places.sort_by_key(|place| Reverse(scores[*place]));
    places
}

fn names(names: &[&str]) -> Vec<SearchGroup> {
    let products: Vec<Product> = (0..).zip(names).map(|(index, name)| named(index, name)).collect();
    groups(&products, 2)
}

#[test]
fn every_word_must_be_there_unless_nothing_has_all() {
    let groups = names(&["Desk lamp", "Floor lamp", "Oak desk", "Chair"]);
    assert_eq!(found(&groups, "desk lamp"), [0]);
    assert_eq!(found(&groups, "LAMP, desk!"), [0]);
    let some = Search::new(&groups).find("chair lamp");
    assert!(!some.has_every_word);
    assert_eq!(found(&groups, "chair lamp"), [3, 0, 1], "what is rare counts more");
    assert_eq!(found(&groups, "window"), [0_usize; 0]);
    assert_eq!(found(&groups, "?"), [0_usize; 0]);
}

#[test]
fn a_mistyped_word_is_found_behind_the_right_one_and_is_told_of() {
    let groups = names(&["Lantern", "Lanterm", "Chair"]);
    assert_eq!(found(&groups, "lantern"), [0, 1]);
    assert_eq!(Search::new(&groups).find("lantern").did_you_mean, None);
    assert_eq!(found(&groups, "chiar"), [2], "neighbours in each other's place are one mistake");
    assert_eq!(Search::new(&groups).find("red chiar").did_you_mean.as_deref(), Some("red chair"));
    assert_eq!(found(&groups, "chr"), [0_usize; 0], "short words are typed right");
}

#[test]
fn groups_make_no_difference() {
    let mut chance = Chance(3);
    let products: Vec<Product> =
        (0..300).map(|index| named(index, &format!("{} {}", word(&mut chance), word(&mut chance)))).collect();
    let (one, many) = (groups(&products, 300), groups(&products, 7));
    for product in &products {
        assert_eq!(Search::new(&one).find(&product.name), Search::new(&many).find(&product.name));
    }
}

/// A text with so many mistakes: a letter more, less, another, or two in each other's place.
fn mistyped(word: &str, mistakes: usize, chance: &mut Chance) -> String {
    let mut letters: Vec<char> = word.chars().collect();
    for _ in 0..mistakes {
        let at = chance.below(letters.len() - 1);
        let letter = char::from(b'a' + u8::try_from(chance.below(26)).unwrap());
        match chance.below(4) {
            0 => letters.insert(at, letter),
            1 => drop(letters.remove(at)),
            2 => letters[at] = letter,
            _ => letters.swap(at, at + 1),
        }
    }
    letters.into_iter().collect()
}

#[test]
fn mistyped_words_are_found_as_often_as_promised() {
    let mut chance = Chance(1);
    let vocabulary: Vec<String> = (0..1_500).map(|_| word(&mut chance)).collect();
    let any = |chance: &mut Chance| vocabulary[chance.below(vocabulary.len())].clone();
    let products: Vec<Product> =
        (0..2_000).map(|index| named(index, &format!("{} {}", any(&mut chance), any(&mut chance)))).collect();
    let groups = groups(&products, 700);
    let search = Search::new(&groups);
    for (mistakes, least_length, promised) in [(1, 4, 95), (2, 8, 85)] {
        let (mut tried, mut right) = (0, 0);
        while tried < 5_000 {
            let place = chance.below(products.len());
            let word = products[place].name.split(' ').next().unwrap();
            if word.len() < least_length {
                continue;
            }
            tried += 1;
            let scores = search.find(&mistyped(word, mistakes, &mut chance)).scores;
            let better = scores.iter().filter(|score| **score > scores[place]).count();
            right += usize::from(scores[place] > 0 && better < 10);
        }
        assert!(right * 100 >= tried * promised, "{right} of {tried} with {mistakes}");
    }
}

#[test]
fn the_last_word_is_completed_by_what_most_products_have() {
    let groups = names(&["Desk lamp", "Floor lamp", "Lantern", "Land lamp"]);
    let complete = |text, limit| Search::new(&groups).complete(text, limit);
    let some = |terms: &[(&str, u64)]| -> Vec<(String, u64)> {
        terms.iter().map(|(term, count)| ((*term).to_owned(), *count)).collect()
    };
    assert_eq!(complete("la", 9), some(&[("lamp", 3), ("land", 1), ("lantern", 1)]));
    assert_eq!(complete("Désk LA", 1), some(&[("desk lamp", 3)]));
    assert_eq!(complete("lamps", 9), some(&[]));
    assert_eq!(complete(" ,", 9), some(&[]));
}
