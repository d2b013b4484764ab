//! What a question wants all of, read from its plain words in English and French.
//!
//! What is left of a question when the kind of thing, its bounds and the words of politeness are taken away cannot be decided by
//! words: then the request says so, and the model judges what words have found, or every passage.

use std::ops::Range;

use super::Counted;
use super::amounts::{Amount, Unit, amounts, money_at};
use super::dates::{Day, dates, year};
use super::identifiers::{Identifier, Part};
use crate::language::Language;
use crate::words::{Token, TokenKind, fold, tokens};

/// A question as it is decided.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Request {
    /// What is looked for.
    pub sought: Sought,
    /// Words that must stand in the same sentence.
    pub within: Vec<Phrase>,
    /// What is counted.
    pub counted: Counted,
    /// Nothing of the question is left that words do not decide.
    pub decided: bool,
}

/// What is looked for.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Sought {
    /// Words.
    Phrase(Phrase),
    /// Numbers that count money, or one currency; or only hundredths, or anything.
    Amounts(Wanted, Bounds),
    /// Dates, in these bounds, written like this: `0` stands for a digit.
    Dates(Option<(Day, Day)>, Option<String>),
    /// What its signs tell.
    Identifiers(Identifier),
    /// Something that words do not tell.
    Matter,
}

/// Words to find.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Phrase {
    /// As they were written.
    pub text: String,
    /// As they stand there, not inflected; with their capitals, if there are any.
    pub exact: bool,
}

/// What an amount must count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wanted {
    Money(Option<&'static str>),
    Percent,
    Anything,
}

/// Between what an amount must lie: its value, and whether that belongs to it.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Bounds {
    pub least: Option<(f64, bool)>,
    pub most: Option<(f64, bool)>,
}

impl Bounds {
    pub fn contain(&self, value: f64) -> bool {
        let above = |(bound, too): (f64, bool)| value > bound || too && value == bound;
        let below = |(bound, too): (f64, bool)| value < bound || too && value == bound;
        self.least.is_none_or(above) && self.most.is_none_or(below)
    }
}

/// What a question says about wanting everything.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    /// It asks for a list or a number of mentions, and nothing else can be meant.
    Certain,
    /// It may: "how many" is also asked of a single fact.
    Possible,
}

/// Whether a question wants everything there is.
pub(super) fn wish(question: &str) -> Option<Wish> {
    if question.len() > LONGEST {
        return None;
    }
    let lead = lead(&read(question))?;
    Some(match lead.kind {
        LeadKind::Times | LeadKind::List { every: true } => Wish::Certain,
        LeadKind::List { every: false } | LeadKind::HowMany | LeadKind::Which => Wish::Possible,
    })
}

/// Nobody asks for all of something in so many bytes: what is longer is a text, which words do not decide.
const LONGEST: usize = 2000;

/// Reads a question.
pub(super) fn request(question: &str) -> Request {
    let undecided = Request {
        sought: Sought::Matter,
        within: Vec::new(),
        counted: Counted::Items,
        decided: false,
    };
    if question.len() > LONGEST {
        return undecided;
    }
    let quoted = quoted(question);
    let words = read(question);
    let lead = lead(&words);
    let (rest, kind) = match &lead {
        Some(lead) => (lead.end, Some(lead.kind)),
        None => (0, None),
    };
    let place = place(&words, rest);
    if let Some(phrase) = mentioned(question, &words, rest, kind, place, &quoted) {
        let sought = match reference(&phrase.text) {
            Some(part) if !phrase.exact => Sought::Identifiers(Identifier::Reference(part)),
            _ => Sought::Phrase(phrase),
        };
        let counted = match (place, &sought) {
            (Some(place), _) => place.counted,
            (None, Sought::Phrase(_)) => Counted::Mentions,
            (None, _) => Counted::Items,
        };
        return Request {
            sought,
            counted,
            decided: true,
            ..undecided
        };
    }
    let Some(found) = thing(question, &words, rest) else {
        return undecided;
    };
    let mut used = found.used;
    used.extend(0..rest);
    let (sought, more) = found.kind.with_bounds(question, &words);
    used.extend(more);
    let within = quoted.iter().map(|range| Phrase {
        text: question[range.clone()].trim().to_owned(),
        exact: true,
    });
    let within: Vec<Phrase> = match sought {
        Sought::Identifiers(Identifier::File(_)) => Vec::new(),
        _ => within.collect(),
    };
    let is_quoted = |token: &Token| {
        quoted
            .iter()
            .any(|range| range.contains(&token.range.start))
    };
    let left = words.iter().enumerate().any(|(at, token)| {
        !used.contains(&at) && !is_quoted(token) && !says_nothing(&token.folded)
    });
    Request {
        sought,
        within,
        counted: match kind {
            Some(LeadKind::Times) => Counted::Mentions,
            _ => Counted::Items,
        },
        decided: found.whole && !left,
    }
}

fn read(question: &str) -> Vec<Token> {
    tokens(question)
}

/// The ranges of what stands in quotation marks, without them.
fn quoted(question: &str) -> Vec<Range<usize>> {
    let mut quoted = Vec::new();
    let mut open: Option<(usize, char)> = None;
    for (at, c) in question.char_indices() {
        match open {
            Some((start, close)) if c == close => {
                if question[start..at].contains(|c: char| c.is_alphanumeric()) {
                    quoted.push(start..at);
                }
                open = None;
            }
            Some(_) => {}
            None => {
                let close = match c {
                    '"' => '"',
                    '“' | '”' | '„' => '”',
                    '«' => '»',
                    '`' => '`',
                    _ => continue,
                };
                open = Some((at + c.len_utf8(), close));
            }
        }
    }
    quoted
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum LeadKind {
    /// "How many times"
    Times,
    /// "List every", or only "list".
    List {
        every: bool,
    },
    HowMany,
    Which,
}

/// How a question begins, and which word comes after that.
struct Lead {
    kind: LeadKind,
    end: usize,
}

const LISTING: &str = "list find show give name enumerate extract collect identify tell count \
    liste listez lister donne donnez trouve trouvez releve relevez enumere enumerez cite citez indique indiquez \
    extrais extrayez montre montrez recense recensez cherche cherchez compte comptez nomme nommez";
const EVERY: &str = "all every each any tous toutes chaque tout toute";

fn is_in(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|one| one == word)
}

fn starts(words: &[Token], at: usize, phrase: &str) -> Option<usize> {
    let mut end = at;
    for word in phrase.split(' ') {
        if words.get(end)?.folded != word {
            return None;
        }
        end += 1;
    }
    Some(end)
}

fn lead(words: &[Token]) -> Option<Lead> {
    const TIMES: [&str; 12] = [
        "how many times",
        "how often",
        "how many occurrences of",
        "how many mentions of",
        "number of times",
        "number of occurrences of",
        "number of mentions of",
        "combien de fois",
        "combien d occurrences de",
        "combien de mentions de",
        "nombre de fois",
        "nombre d occurrences de",
    ];
    const HOW_MANY: [&str; 4] = ["how many", "combien de", "combien d", "combien y a t il de"];
    const WHICH: [&str; 12] = [
        "in which",
        "on which",
        "which",
        "what are",
        "what",
        "dans quels",
        "dans quelles",
        "quels sont",
        "quelles sont",
        "quels",
        "quelles",
        "quel",
    ];
    let politeness = "please can could you pouvez vous peux tu s il te plait plait merci de i want je veux voudrais";
    let mut first = 0;
    while first < 6
        && words
            .get(first)
            .is_some_and(|word| is_in(politeness, &word.folded))
    {
        first += 1;
    }
    for at in first..words.len().min(first + 12) {
        if let Some(end) = TIMES.iter().find_map(|phrase| starts(words, at, phrase)) {
            return Some(Lead {
                kind: LeadKind::Times,
                end,
            });
        }
    }
    for at in [first, 0] {
        if let Some(end) = HOW_MANY
            .iter()
            .rev()
            .find_map(|phrase| starts(words, at, phrase))
        {
            return Some(Lead {
                kind: LeadKind::HowMany,
                end,
            });
        }
        let verb = words
            .get(at)
            .is_some_and(|word| is_in(LISTING, &word.folded));
        let which = WHICH.iter().find_map(|phrase| starts(words, at, phrase));
        let Some(mut end) = which.or(verb.then_some(at + 1)) else {
            continue;
        };
        let mut every = false;
        let between = "me us moi nous the of le la les l des de d list liste";
        while let Some(word) = words.get(end).map(|word| word.folded.as_str()) {
            every |= is_in(EVERY, word);
            if !is_in(EVERY, word) && !is_in(between, word) {
                break;
            }
            end += 1;
        }
        let lists = verb
            && words
                .get(at)
                .is_some_and(|word| word.folded.starts_with("list"));
        return Some(match (verb, which) {
            (true, _) if every || lists => Lead {
                kind: LeadKind::List { every },
                end,
            },
            (true, _) => continue,
            (false, _) if every => Lead {
                kind: LeadKind::List { every },
                end,
            },
            (false, _) => Lead {
                kind: LeadKind::Which,
                end,
            },
        });
    }
    None
}

/// The parts of a document that are asked for, and the word after that.
#[derive(Debug, Clone, Copy)]
struct Place {
    counted: Counted,
    end: usize,
}

fn place(words: &[Token], at: usize) -> Option<Place> {
    let counted = match words.get(at)?.folded.as_str() {
        "page" | "pages" => Counted::Pages,
        "clause" | "clauses" | "article" | "articles" | "section" | "sections" | "chapter"
        | "chapters" | "chapitre" | "chapitres" | "provision" | "provisions" | "disposition"
        | "dispositions" => Counted::Sections,
        "sentence" | "sentences" | "phrase" | "phrases" | "passage" | "passages" | "paragraph"
        | "paragraphs" | "paragraphe" | "paragraphes" | "line" | "lines" | "ligne" | "lignes" => {
            Counted::Sentences
        }
        _ => return None,
    };
    Some(Place {
        counted,
        end: at + 1,
    })
}

/// Verbs that say of something that it stands in a text.
const STANDS: &str = "appear appears appeared appearing occur occurs occurred mentioned mention mentions mentioning \
    named names used use uses using cited cite cites written referenced referred refer refers referring found present \
    contain contains containing include includes including discuss discusses discussed \
    apparait apparaissent apparaitre apparaissant nomme nommee nommes nommees mentionne mentionnee mentionnes \
    mentionnees mentionnent mentionnant cite citee cites citees citent utilise utilisee utilises utilisees utilisent \
    employe employee employes employees figure figurent presente presents ecrit ecrite evoque evoquee evoquent evoques parle parlent \
    trouve revient reviennent contient contiennent contenant comporte comportent nomment emploie emploient";
/// Nouns for that.
const MENTIONS: &str = "mention mentions occurrence occurrences reference references use uses appearance appearances \
    instance instances emploi emplois citation citations";
/// What may stand before the words that are meant, and is not of them.
const BEFORE: &str = "the a an of to by le la les l un une des du de d au aux a on il elle ils elles t que qu est ce sont is are does do did was were be been has have";
const ABOUT_WORDS: &str = "word words term terms phrase expression name mot mots terme termes nom";
/// Nouns for the document itself.
const DOCUMENT: &str = "document documents contract contracts agreement text texts file files report lease license licence manual guide \
    book letter page pages policy paper contrat contrats accord texte textes fichier fichiers rapport bail licence manuel livre lettre \
    politique convention dossier dossiers library bibliotheque";

/// The words whose mentions are asked for.
fn mentioned(
    question: &str,
    words: &[Token],
    rest: usize,
    kind: Option<LeadKind>,
    place: Option<Place>,
    quoted: &[Range<usize>],
) -> Option<Phrase> {
    let times = kind == Some(LeadKind::Times);
    let start = place.map_or(rest, |place| place.end);
    let verb = (start..words.len()).find(|&at| is_in(STANDS, &words[at].folded));
    let noun = (rest..words.len().min(rest + 3)).find(|&at| {
        is_in(MENTIONS, &words[at].folded)
            && words
                .get(at + 1)
                .is_some_and(|of| is_in("of to de du des d a au aux l", &of.folded))
    });
    let listing = matches!(kind, Some(LeadKind::List { .. } | LeadKind::HowMany)) && noun.is_some();
    let placed = place.is_some() && verb.is_some();
    let located = kind.is_none()
        && words
            .first()
            .is_some_and(|word| matches!(word.folded.as_str(), "where" | "ou"))
        && verb.is_some();
    if !times && !listing && !placed && !located {
        return None;
    }
    if let [one] = quoted {
        return Some(Phrase {
            text: question[one.clone()].trim().to_owned(),
            exact: true,
        });
    }
    let from = match (noun, located) {
        (Some(noun), _) if !times => noun + 1,
        (_, true) => 1,
        _ => start,
    };
    // What is before the verb, or, where that is only the document, after it.
    let (before, after) = match verb.filter(|_| noun.is_none() || times) {
        Some(_) if times || located => {
            let last = (from..words.len())
                .rev()
                .find(|&at| is_in(STANDS, &words[at].folded));
            let at = last.filter(|&at| {
                words[at + 1..]
                    .iter()
                    .all(|word| says_nothing(&word.folded))
            });
            let at = at.or(verb)?;
            (from..at, at + 1..words.len())
        }
        Some(at) => (from..from, at + 1..words.len()),
        None => (from..words.len(), words.len()..words.len()),
    };
    let names_something = |range: &Range<usize>| {
        words[range.clone()].iter().any(|word| {
            !is_in(BEFORE, &word.folded)
                && !is_in(DOCUMENT, &word.folded)
                && !is_in(ABOUT_WORDS, &word.folded)
        })
    };
    let range = match names_something(&before) {
        true => before,
        false => after,
    };
    phrase(question, words, range)
}

/// The words of a range, without those that only introduce them.
fn phrase(question: &str, words: &[Token], mut range: Range<usize>) -> Option<Phrase> {
    // "in the document"
    for at in range.clone().skip(1) {
        let tail = &words[at + 1..range.end];
        let within = is_in("in within throughout inside dans", &words[at].folded);
        if within
            && !tail.is_empty()
            && tail
                .iter()
                .all(|word| is_in(DOCUMENT, &word.folded) || says_nothing(&word.folded))
        {
            range.end = at;
            break;
        }
    }
    let tail = "est il elle ils elles sont a t on ete been be is are there y";
    while range.len() > 1 && is_in(tail, &words[range.end - 1].folded) {
        range.end -= 1;
    }
    let mut lead = range.start;
    while lead + 1 < range.end {
        let word = &words[lead];
        if !is_in(BEFORE, &word.folded) && !is_in(ABOUT_WORDS, &word.folded)
            || word.capital && is_name(question, word)
        {
            break;
        }
        lead += 1;
    }
    range.start = lead;
    // "the city San-Diego": what is named, not what it is.
    if range.len() > 1
        && !is_name(question, &words[range.start])
        && words[range.start + 1..range.end]
            .iter()
            .all(|word| is_name(question, word))
    {
        range.start += 1;
    }
    let (first, last) = (
        words.get(range.start)?,
        words.get(range.end.checked_sub(1)?)?,
    );
    if range.is_empty() {
        return None;
    }
    let exact = words[range.clone()]
        .iter()
        .any(|word| is_name(question, word));
    Some(Phrase {
        text: question[glued(question, &first.range).start..glued(question, &last.range).end]
            .to_owned(),
        exact,
    })
}

/// A word with the signs that touch it, but for those that end a sentence or enclose it.
fn glued(question: &str, range: &Range<usize>) -> Range<usize> {
    let around = |c: char| c.is_whitespace() || "\"“”«»'’‘()[]{},;:?!".contains(c);
    let start = question[..range.start].rfind(around).map_or(0, |at| {
        at + question[at..].chars().next().map_or(1, char::len_utf8)
    });
    let rest = &question[range.end..];
    let end = range.end + rest.find(around).unwrap_or(rest.len());
    let kept = question[..end].trim_end_matches('.').len();
    start..kept.max(range.end)
}

/// Whether a word is written like a name or an identifier.
fn is_name(question: &str, word: &Token) -> bool {
    let glued = &question[glued(question, &word.range)];
    word.kind == TokenKind::Identifier
        || glued.contains(char::is_uppercase)
        || glued.contains(|c: char| "\\@_#$/-.+".contains(c) || c.is_ascii_digit())
}

/// A word that decides nothing.
fn says_nothing(folded: &str) -> bool {
    const SAID: &str = "there exist exists existing different distinct unique please write written that refer refers referred \
        occur occurs occurring used cited named quoted stated listed include included including where found across whole entire \
        together their corresponding y ait celui celles ceux different differents differentes distinctes distincts unique uniques \
        ecrit ecrits ecrite ecrites fait reference renvoie cites citee citees nomme nommes ensemble entier citations numbers number \
        page pages money argent total come up form format forme formes like comme";
    Language::ALL.iter().any(|language| {
        let role = language.role(folded);
        role.stop || role.filler
    }) || is_in(DOCUMENT, folded)
        || is_in(SAID, folded)
        || is_in(STANDS, folded)
        || is_in(LISTING, folded)
}

/// The part of a document that "references to articles" are about.
fn reference(text: &str) -> Option<Part> {
    Some(match fold(text).as_str() {
        "article" | "articles" => Part::Article,
        "section" | "sections" => Part::Section,
        "clause" | "clauses" => Part::Clause,
        "chapter" | "chapters" | "chapitre" | "chapitres" => Part::Chapter,
        _ => return None,
    })
}

/// A kind of thing that words decide.
struct Thing {
    kind: Kind,
    /// The words that say so.
    used: Vec<usize>,
    /// They say nothing more than that.
    whole: bool,
}

enum Kind {
    Amounts(Wanted),
    Dates,
    Identifiers(Identifier),
}

/// What the words after the lead name, if that is a kind of thing.
fn thing(question: &str, words: &[Token], rest: usize) -> Option<Thing> {
    let skipped =
        "different distinct unique monetary separate the various les differents differentes total";
    let mut at = rest;
    while words
        .get(at)
        .is_some_and(|word| is_in(skipped, &word.folded))
    {
        at += 1;
    }
    let has = |sign: &str| question.contains(sign);
    let ending = file_ending(question);
    let money = Wanted::Money(None);
    let known: [(&str, Kind, bool); 45] = [
        ("amounts of money", Kind::Amounts(money), true),
        ("amount of money", Kind::Amounts(money), true),
        ("sums of money", Kind::Amounts(money), true),
        ("sommes d argent", Kind::Amounts(money), true),
        ("amount", Kind::Amounts(money), true),
        ("sum", Kind::Amounts(money), true),
        ("price", Kind::Amounts(money), true),
        ("montant", Kind::Amounts(money), true),
        ("somme", Kind::Amounts(money), true),
        ("prix", Kind::Amounts(money), true),
        ("cost", Kind::Amounts(money), false),
        ("fee", Kind::Amounts(money), false),
        ("payment", Kind::Amounts(money), false),
        ("loyer", Kind::Amounts(money), false),
        ("cout", Kind::Amounts(money), false),
        ("percentage", Kind::Amounts(Wanted::Percent), true),
        ("pourcentage", Kind::Amounts(Wanted::Percent), true),
        ("number", Kind::Amounts(Wanted::Anything), true),
        ("nombre", Kind::Amounts(Wanted::Anything), true),
        ("date", Kind::Dates, true),
        ("deadline", Kind::Dates, false),
        ("echeance", Kind::Dates, false),
        (
            "e mail addresses",
            Kind::Identifiers(Identifier::Email),
            true,
        ),
        ("e mail address", Kind::Identifiers(Identifier::Email), true),
        (
            "email addresses",
            Kind::Identifiers(Identifier::Email),
            true,
        ),
        ("email address", Kind::Identifiers(Identifier::Email), true),
        ("email", Kind::Identifiers(Identifier::Email), true),
        (
            "adresses e mail",
            Kind::Identifiers(Identifier::Email),
            true,
        ),
        (
            "adresses electroniques",
            Kind::Identifiers(Identifier::Email),
            true,
        ),
        ("courriel", Kind::Identifiers(Identifier::Email), true),
        ("url", Kind::Identifiers(Identifier::Url), true),
        ("web addresses", Kind::Identifiers(Identifier::Url), true),
        ("web address", Kind::Identifiers(Identifier::Url), true),
        ("link", Kind::Identifiers(Identifier::Url), true),
        ("adresses web", Kind::Identifiers(Identifier::Url), true),
        ("lien", Kind::Identifiers(Identifier::Url), true),
        ("phone number", Kind::Identifiers(Identifier::Phone), true),
        (
            "telephone number",
            Kind::Identifiers(Identifier::Phone),
            true,
        ),
        (
            "numeros de telephone",
            Kind::Identifiers(Identifier::Phone),
            true,
        ),
        ("iban", Kind::Identifiers(Identifier::Iban), true),
        (
            "article",
            Kind::Identifiers(Identifier::Reference(Part::Article)),
            true,
        ),
        (
            "section",
            Kind::Identifiers(Identifier::Reference(Part::Section)),
            true,
        ),
        (
            "clause",
            Kind::Identifiers(Identifier::Reference(Part::Clause)),
            true,
        ),
        (
            "chapter",
            Kind::Identifiers(Identifier::Reference(Part::Chapter)),
            true,
        ),
        (
            "chapitre",
            Kind::Identifiers(Identifier::Reference(Part::Chapter)),
            true,
        ),
    ];
    let named = |names: &str| {
        let mut end = at;
        for name in names.split(' ') {
            let word = &words.get(end)?.folded;
            let plural = word
                .strip_suffix('s')
                .or(word.strip_suffix('x'))
                .unwrap_or(word);
            if word != name && plural != name {
                return None;
            }
            end += 1;
        }
        Some(end)
    };
    let thing = |kind: Kind, end: usize, whole| Thing {
        kind,
        used: (rest..end).collect(),
        whole,
    };
    for names in [
        "command line options",
        "command line option",
        "option",
        "flag",
        "switch",
        "options de ligne de commande",
    ] {
        let signed = has("--") || has(" -") || names.contains(' ');
        if let Some(end) = named(names).filter(|_| signed) {
            let mut found = thing(Kind::Identifiers(Identifier::Option), end, true);
            // "--foo" says how they look.
            found.used.extend(
                (end..words.len()).filter(|&at| question[..words[at].range.start].ends_with('-')),
            );
            return Some(found);
        }
    }
    for names in ["macro", "command", "commande"] {
        if let Some(end) = named(names).filter(|_| has("\\") || names == "macro") {
            return Some(thing(Kind::Identifiers(Identifier::Macro), end, true));
        }
    }
    for names in [
        "file names",
        "file name",
        "filename",
        "file",
        "noms de fichiers",
        "fichier",
        "document",
    ] {
        if let Some(end) = named(names).filter(|_| names != "document" || ending.is_some()) {
            let of = ending.as_ref().map(|(ending, _)| ending.clone());
            let mut found = thing(Kind::Identifiers(Identifier::File(of)), end, true);
            let says = "ending end ends extension named with terminant finissant termine terminent finissent par se called";
            found.used.extend((0..words.len()).filter(|&at| {
                let is_ending = ending
                    .as_ref()
                    .is_some_and(|(_, range)| range.contains(&words[at].range.start));
                is_ending || is_in(says, &words[at].folded)
            }));
            return Some(found);
        }
    }
    // ".tex files"
    if let Some((of, range)) = &ending
        && words
            .get(at)
            .is_some_and(|word| range.contains(&word.range.start))
        && words
            .get(at + 1)
            .is_some_and(|word| matches!(word.folded.as_str(), "file" | "files"))
    {
        return Some(thing(
            Kind::Identifiers(Identifier::File(Some(of.clone()))),
            at + 2,
            true,
        ));
    }
    for (names, kind, whole) in known {
        if let Some(end) = named(names) {
            let of = words
                .get(end)
                .is_some_and(|word| matches!(word.folded.as_str(), "of" | "de" | "d"));
            // "the number of rooms" counts something else.
            if of && matches!(kind, Kind::Amounts(Wanted::Anything)) {
                return None;
            }
            return Some(thing(kind, end, whole));
        }
    }
    None
}

/// The ending of files that a question names, ".tex" or "*.tex", and where.
fn file_ending(question: &str) -> Option<(String, Range<usize>)> {
    let mut at = 0;
    while let Some(point) = question[at..].find('.').map(|to| at + to) {
        at = point + 1;
        let before = question[..point].chars().next_back();
        let free = before.is_none_or(|c| c.is_whitespace() || "*«\"“(`'".contains(c));
        let rest = &question[at..];
        let length = rest
            .find(|c: char| !c.is_ascii_alphanumeric())
            .unwrap_or(rest.len());
        if free && (1..=8).contains(&length) {
            return Some((rest[..length].to_ascii_lowercase(), point..at + length));
        }
    }
    None
}

impl Kind {
    /// What is sought with what a question says about its bounds, and the words that do.
    fn with_bounds(self, question: &str, words: &[Token]) -> (Sought, Vec<usize>) {
        match self {
            Kind::Identifiers(identifier) => {
                let said = "number numbers reference references cited numero numeros";
                let used = (0..words.len()).filter(|&at| is_in(said, &words[at].folded));
                (Sought::Identifiers(identifier), used.collect())
            }
            Kind::Amounts(wanted) => {
                let (bounds, unit, used) = bounds(question, words);
                let wanted = match (wanted, unit) {
                    (Wanted::Money(None), Some(Unit::Money(money))) => Wanted::Money(Some(money)),
                    (Wanted::Money(None), Some(Unit::Percent)) => Wanted::Percent,
                    (wanted, _) => wanted,
                };
                (Sought::Amounts(wanted, bounds), used)
            }
            Kind::Dates => {
                let form = date_form(question);
                let (days, mut used) = days(question, words);
                if let Some((_, range)) = &form {
                    used.extend(
                        (0..words.len()).filter(|&at| range.contains(&words[at].range.start)),
                    );
                }
                (Sought::Dates(days, form.map(|(form, _)| form)), used)
            }
        }
    }
}

/// What stands right before a place, folded, with single spaces.
fn before(question: &str, at: usize) -> String {
    let folded: String = fold(&question[..at])
        .chars()
        .map(|c| {
            if c.is_alphanumeric() || "<>=≤≥".contains(c) {
                c
            } else {
                ' '
            }
        })
        .collect();
    let words: Vec<_> = folded.split_whitespace().collect();
    words[words.len().saturating_sub(4)..].join(" ")
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Over,
    AtLeast,
    Under,
    AtMost,
    Equal,
}

/// The longest first: "no more than" ends in "more than".
const SIDES: [(&str, Side); 56] = [
    ("no more than", Side::AtMost),
    ("not more than", Side::AtMost),
    ("no less than", Side::AtLeast),
    ("superieur ou egal a", Side::AtLeast),
    ("superieurs ou egaux a", Side::AtLeast),
    ("inferieur ou egal a", Side::AtMost),
    ("inferieurs ou egaux a", Side::AtMost),
    ("greater than", Side::Over),
    ("larger than", Side::Over),
    ("higher than", Side::Over),
    ("bigger than", Side::Over),
    ("more than", Side::Over),
    ("over", Side::Over),
    ("above", Side::Over),
    ("exceeding", Side::Over),
    ("exceeds", Side::Over),
    ("exceed", Side::Over),
    (">", Side::Over),
    ("superieur a", Side::Over),
    ("superieurs a", Side::Over),
    ("superieure a", Side::Over),
    ("superieures a", Side::Over),
    ("au dessus de", Side::Over),
    ("depassant", Side::Over),
    ("depassent", Side::Over),
    ("depasse", Side::Over),
    ("excedant", Side::Over),
    ("excedent", Side::Over),
    ("plus de", Side::Over),
    ("at least", Side::AtLeast),
    ("au moins", Side::AtLeast),
    ("a partir de", Side::AtLeast),
    ("≥", Side::AtLeast),
    (">=", Side::AtLeast),
    ("less than", Side::Under),
    ("lower than", Side::Under),
    ("smaller than", Side::Under),
    ("under", Side::Under),
    ("below", Side::Under),
    ("<", Side::Under),
    ("inferieur a", Side::Under),
    ("inferieurs a", Side::Under),
    ("inferieure a", Side::Under),
    ("inferieures a", Side::Under),
    ("au dessous de", Side::Under),
    ("en dessous de", Side::Under),
    ("moins de", Side::Under),
    ("at most", Side::AtMost),
    ("up to", Side::AtMost),
    ("au plus", Side::AtMost),
    ("jusqu a", Side::AtMost),
    ("≤", Side::AtMost),
    ("<=", Side::AtMost),
    ("equal to", Side::Equal),
    ("egal a", Side::Equal),
    ("of", Side::Equal),
];

/// What a question says of the size of amounts: their bounds, what they count and which words say so.
fn bounds(question: &str, words: &[Token]) -> (Bounds, Option<Unit>, Vec<usize>) {
    let numbers: Vec<Amount> = amounts(question);
    let mut bounds = Bounds::default();
    let mut unit = None;
    let mut used = Vec::new();
    let mut use_range = |range: Range<usize>, before: usize| {
        let first = words
            .iter()
            .position(|word| word.range.end > range.start)
            .unwrap_or(words.len());
        used.extend(first.saturating_sub(before)..first);
        used.extend((first..words.len()).take_while(|&at| words[at].range.start < range.end));
    };
    let mut at = 0;
    while let Some(number) = numbers.get(at) {
        let said = before(question, number.range.start);
        let ends = |words: &str| said == words || said.ends_with(&format!(" {words}"));
        if let Some(next) = numbers.get(at + 1)
            && let and = fold(question[number.range.end..next.range.start].trim())
            && (["between", "entre"].into_iter().any(ends) && matches!(and.as_str(), "and" | "et")
                || ["from", "de"].into_iter().any(ends) && matches!(and.as_str(), "to" | "a"))
        {
            bounds.least = Some((number.value.min(next.value), true));
            bounds.most = Some((number.value.max(next.value), true));
            unit = Some(next.unit).filter(|unit| *unit != Unit::Plain);
            use_range(number.range.start..next.range.end, 1);
            at += 2;
            continue;
        }
        let side = SIDES.iter().find(|(words, _)| ends(words));
        let after = fold(question[number.range.end..].trim_start());
        let or_more = ["or more", "ou plus", "et plus", "and more"]
            .into_iter()
            .any(|words| after.starts_with(words));
        let or_less = ["or less", "ou moins"]
            .into_iter()
            .any(|words| after.starts_with(words));
        let side = match side {
            _ if or_more => Some(Side::AtLeast),
            _ if or_less => Some(Side::AtMost),
            Some((_, side)) => Some(*side),
            None if ends("de") => Some(Side::Equal),
            None => None,
        };
        if let Some(side) = side {
            let value = number.value;
            match side {
                Side::Over => bounds.least = Some((value, false)),
                Side::AtLeast => bounds.least = Some((value, true)),
                Side::Under => bounds.most = Some((value, false)),
                Side::AtMost => bounds.most = Some((value, true)),
                Side::Equal => {
                    bounds.least = Some((value, true));
                    bounds.most = Some((value, true));
                }
            }
            unit = Some(number.unit)
                .filter(|unit| *unit != Unit::Plain)
                .or(unit);
            use_range(number.range.clone(), 4);
        }
        at += 1;
    }
    // "in euros"
    for (place, word) in words.iter().enumerate() {
        let Some((end, money)) = money_at(question, word.range.start) else {
            continue;
        };
        if end == word.range.end && !used.contains(&place) {
            unit = unit.or(Some(Unit::Money(money)));
            used.push(place);
        }
    }
    (bounds, unit, used)
}

/// The first and last day that a question allows, and the words that say so.
fn days(question: &str, words: &[Token]) -> (Option<(Day, Day)>, Vec<usize>) {
    let mut spans: Vec<(Range<usize>, (Day, Day))> = dates(question)
        .into_iter()
        .filter_map(|date| Some((date.range, date.days?)))
        .collect();
    for word in words {
        let free = spans
            .iter()
            .all(|(range, _)| !range.contains(&word.range.start));
        if let (true, 4, Ok(number @ 1000..=2999)) = (free, word.range.len(), word.folded.parse()) {
            spans.push((word.range.clone(), year(number)));
        }
    }
    spans.sort_by_key(|(range, _)| range.start);
    let mut used = Vec::new();
    let (mut least, mut most): (Option<Day>, Option<Day>) = (None, None);
    let mut at = 0;
    while let Some((range, (first, last))) = spans.get(at) {
        let said = before(question, range.start);
        let said = said.trim_end_matches(" the").trim_end_matches(" le");
        let ends = |list: &[&str]| {
            list.iter()
                .any(|word| said == *word || said.ends_with(&format!(" {word}")))
        };
        used.extend((0..words.len()).filter(|&at| range.contains(&words[at].range.start)));
        let pair = spans.get(at + 1).filter(|(next, _)| {
            let and = fold(question[range.end..next.start].trim());
            matches!(
                and.as_str(),
                "and" | "et" | "to" | "au" | "a" | "and the" | "et le" | "-" | "–"
            )
        });
        if let (Some((next, (_, end))), true) =
            (pair, ends(&["between", "entre", "from", "de", "du"]))
        {
            used.extend((0..words.len()).filter(|&at| next.contains(&words[at].range.start)));
            (least, most) = (Some(*first), Some(*end));
            at += 2;
            continue;
        }
        // A day past the end of its month comes after all of its days: days only need their order.
        if ends(&["after", "apres", "later than"]) {
            least = Some((last.0, last.1, last.2 + 1));
        } else if ends(&["since", "from", "depuis", "a partir du", "a partir de"]) {
            least = Some(*first);
        } else if ends(&["before", "avant", "earlier than"]) {
            most = Some((first.0, first.1, first.2 - 1));
        } else if ends(&["until", "till", "up to", "by", "jusqu au", "jusqu en"]) {
            most = Some(*last);
        } else {
            (least, most) = (Some(*first), Some(*last));
        }
        at += 1;
    }
    let days = (least.is_some() || most.is_some())
        .then(|| (least.unwrap_or((0, 1, 1)), most.unwrap_or((9999, 12, 31))));
    (days, used)
}

/// How a question says that dates are written, as "yyyy/mm/dd": `0` stands for a digit.
fn date_form(question: &str) -> Option<(String, Range<usize>)> {
    let mut at = 0;
    for word in question.split(char::is_whitespace) {
        let start = at;
        at += word.len() + 1;
        let form = word.trim_matches(|c: char| !c.is_ascii_alphabetic());
        let parts: Vec<&str> = form.split(['/', '-', '.']).collect();
        let letters = |part: &&str| {
            let first = part.chars().next().map(|c| c.to_ascii_lowercase());
            first.is_some_and(|first| {
                "ymdja".contains(first) && part.chars().all(|c| c.to_ascii_lowercase() == first)
            })
        };
        if parts.len() == 3 && parts.iter().all(letters) {
            let digits = form
                .chars()
                .map(|c| if c.is_ascii_alphabetic() { '0' } else { c });
            return Some((digits.collect(), start..start + word.len()));
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    fn phrase(text: &str, exact: bool) -> Sought {
        Sought::Phrase(Phrase {
            text: text.into(),
            exact,
        })
    }

    #[test]
    fn mentions_are_asked_for_in_many_ways() {
        for (question, text, exact) in [
            (
                "How many times does the phrase \"Compiled Work\" appear?",
                "Compiled Work",
                true,
            ),
            ("How many times is \\qedhere mentioned?", "\\qedhere", true),
            (
                "How many times does the city San-Diego appear?",
                "San-Diego",
                true,
            ),
            (
                "How many times does the shop ACE HARDWARE appear?",
                "ACE HARDWARE",
                true,
            ),
            (
                "How many times does the file a-2.8.4-b.iso appear?",
                "a-2.8.4-b.iso",
                true,
            ),
            (
                "How many times is the variable HISTTIMEFORMAT mentioned?",
                "HISTTIMEFORMAT",
                true,
            ),
            (
                "How often does the contract mention the word landlord?",
                "landlord",
                false,
            ),
            (
                "List every mention of the security deposit.",
                "security deposit",
                false,
            ),
            (
                "List all occurrences of “force majeure” in this contract",
                "force majeure",
                true,
            ),
            ("How many mentions of Lyon are there?", "Lyon", true),
            ("Where is the guarantee mentioned?", "guarantee", false),
            (
                "Combien de fois l'éditeur « TeXShop » est-il nommé ?",
                "TeXShop",
                true,
            ),
            (
                "Combien de fois Bernard Gaulle est-il nommé ?",
                "Bernard Gaulle",
                true,
            ),
            (
                "Combien de fois le mot « condensateur » apparaît-il ?",
                "condensateur",
                true,
            ),
            (
                "Combien de fois le mot condensateur apparaît-il dans le document ?",
                "condensateur",
                false,
            ),
            (
                "Combien de fois mentionne-t-on Sibelius ?",
                "Sibelius",
                true,
            ),
            ("Relève toutes les mentions de la caution", "caution", false),
        ] {
            let request = request(question);
            assert_eq!(request.sought, phrase(text, exact), "{question}");
            assert_eq!(request.counted, Counted::Mentions, "{question}");
            assert!(request.decided, "{question}");
        }
    }

    #[test]
    fn places_are_asked_for_by_what_they_mention() {
        for (question, text, counted) in [
            (
                "Which clauses mention indemnification?",
                "indemnification",
                Counted::Sections,
            ),
            (
                "How many pages contain the word rent?",
                "rent",
                Counted::Pages,
            ),
            (
                "List every paragraph that mentions the tenant",
                "tenant",
                Counted::Sentences,
            ),
            (
                "Quelles clauses mentionnent la caution ?",
                "caution",
                Counted::Sections,
            ),
            (
                "Dans quelles pages figure le dépôt de garantie ?",
                "dépôt de garantie",
                Counted::Pages,
            ),
        ] {
            let request = request(question);
            assert_eq!(
                (request.sought, request.counted),
                (phrase(text, false), counted),
                "{question}"
            );
        }
    }

    #[test]
    fn amounts_are_asked_for_with_their_bounds() {
        let over = |least| Bounds {
            least: Some((least, false)),
            most: None,
        };
        let between = |least, most| Bounds {
            least: Some((least, true)),
            most: Some((most, true)),
        };
        const ANY: Wanted = Wanted::Money(None);
        const EUR: Wanted = Wanted::Money(Some("EUR"));
        for (question, wanted, bounds) in [
            ("list every amount over 1 000", ANY, over(1000.0)),
            ("List every amount over 1,000", ANY, over(1000.0)),
            (
                "List all amounts greater than €1,000.50 in the contract",
                EUR,
                over(1000.5),
            ),
            (
                "Find every sum of at least 1.5 million",
                ANY,
                Bounds {
                    least: Some((1.5e6, true)),
                    most: None,
                },
            ),
            (
                "How many amounts are below 50 euros?",
                EUR,
                Bounds {
                    least: None,
                    most: Some((50.0, false)),
                },
            ),
            (
                "List every percentage between 10 and 20 %",
                Wanted::Percent,
                between(10.0, 20.0),
            ),
            (
                "Liste tous les montants supérieurs à 1 000,50 €",
                EUR,
                over(1000.5),
            ),
            (
                "Listez tous les montants de plus de 1\u{a0}000 euros",
                EUR,
                over(1000.0),
            ),
            (
                "Donne tous les pourcentages entre 10 et 20 %",
                Wanted::Percent,
                between(10.0, 20.0),
            ),
            (
                "Quels sont tous les montants dépassant 1,5 million d'euros ?",
                EUR,
                over(1.5e6),
            ),
            ("List every amount", ANY, Bounds::default()),
        ] {
            let request = request(question);
            assert_eq!(
                request.sought,
                Sought::Amounts(wanted, bounds),
                "{question}"
            );
            assert!(request.decided, "{question}");
        }
    }

    #[test]
    fn dates_are_asked_for_with_their_bounds() {
        let all = |days, form: Option<&str>| Sought::Dates(days, form.map(str::to_owned));
        for (question, sought) in [
            (
                "List every date that is written as yyyy/mm/dd.",
                all(None, Some("0000/00/00")),
            ),
            (
                "Liste toutes les dates écrites sous la forme jj/mm/aaaa",
                all(None, Some("00/00/0000")),
            ),
            ("List all dates in 2024", all(Some(year(2024)), None)),
            (
                "List every date after 3 March 2024",
                all(Some(((2024, 3, 4), (9999, 12, 31))), None),
            ),
            (
                "Liste toutes les dates entre le 1er mars 2024 et le 3 mai 2024",
                all(Some(((2024, 3, 1), (2024, 5, 3))), None),
            ),
            (
                "Liste toutes les dates avant 2020",
                all(Some(((0, 1, 1), (2020, 1, 0))), None),
            ),
        ] {
            let request = request(question);
            assert_eq!(request.sought, sought, "{question}");
            assert!(request.decided, "{question}");
        }
    }

    #[test]
    fn identifiers_are_asked_for_by_kind() {
        for (question, identifier) in [
            (
                "List every file ending in .tex that the license refers to.",
                Identifier::File(Some("tex".into())),
            ),
            ("List all .iso files", Identifier::File(Some("iso".into()))),
            ("List every e-mail address", Identifier::Email),
            ("Liste toutes les adresses e-mail", Identifier::Email),
            ("Find all URLs in the document", Identifier::Url),
            ("List every command-line option", Identifier::Option),
            ("List every option like --foo", Identifier::Option),
            (
                "How many articles are cited?",
                Identifier::Reference(Part::Article),
            ),
            (
                "List every reference to an article",
                Identifier::Reference(Part::Article),
            ),
            ("Liste tous les numéros de téléphone", Identifier::Phone),
        ] {
            let request = request(question);
            assert_eq!(
                request.sought,
                Sought::Identifiers(identifier),
                "{question}"
            );
            assert!(request.decided, "{question}");
        }
    }

    #[test]
    fn what_words_do_not_decide_is_left_to_the_model() {
        for question in [
            "List every obligation of the tenant",
            "How many rooms does the house have?",
            "Liste toutes les obligations du locataire",
            "What is the rent?",
        ] {
            assert_eq!(request(question).sought, Sought::Matter, "{question}");
        }
        let request = request("List every amount that the tenant has to pay");
        assert!(matches!(request.sought, Sought::Amounts(..)));
        assert!(!request.decided);
    }

    #[test]
    fn what_wants_everything_is_told_from_other_questions() {
        for (question, expected) in [
            ("List every amount over 1 000", Some(Wish::Certain)),
            ("How many times is Lyon mentioned?", Some(Wish::Certain)),
            ("Liste tous les montants", Some(Wish::Certain)),
            ("How many rooms are there?", Some(Wish::Possible)),
            ("Which clauses mention rent?", Some(Wish::Possible)),
            ("Who signed?", None),
            ("When was it built?", None),
            ("Qui a signé ?", None),
        ] {
            assert_eq!(wish(question), expected, "{question}");
        }
    }

    #[test]
    fn any_text_is_a_request() {
        for question in [
            "",
            "?",
            "\"",
            "« »",
            "how many",
            "list every",
            "\\",
            "combien de fois",
            "how many times does appear",
            &"list every 1 000 ".repeat(6000),
        ] {
            request(question);
            wish(question);
        }
    }
}
