//! English and French: which of the two a text is in, and its words that carry no matter.
//!
//! Every list is of folded words (lower case, no accents): see [`crate::words::fold`].

use std::{collections::HashMap, sync::LazyLock};

use serde::{Deserialize, Serialize};
use whatlang::{Detector, Lang};

use crate::words;

/// A language that questions are asked and documents are written in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Language {
    /// `en`
    #[serde(rename = "en")]
    English,
    /// `fr`
    #[serde(rename = "fr")]
    French,
}

impl Language {
    /// Every language, in the order of the enum.
    pub const ALL: [Language; 2] = [Language::English, Language::French];

    /// The language that `text` is in, or `None` if it is too short to tell.
    ///
    /// A question has few letters but many function words, which are counted first; letter
    /// statistics decide on the rest.
    pub fn of(text: &str) -> Option<Language> {
        let sample = head(text, SAMPLE);
        let [english, french] = Language::ALL.map(|language| language.function_words(sample));
        // Some words are in both lists ("on", "comment"), so one word more is not yet a language.
        let leads = |one: usize, other: usize| one >= other + 2 || one > 0 && other == 0;
        if leads(english, french) {
            return Some(Language::English);
        }
        if leads(french, english) {
            return Some(Language::French);
        }
        let guess = Detector::with_allowlist(vec![Lang::Eng, Lang::Fra]).detect(sample)?;
        match guess.lang() {
            _ if !guess.is_reliable() => None,
            Lang::Eng => Some(Language::English),
            Lang::Fra => Some(Language::French),
            _ => None,
        }
    }

    /// The language of a tag such as `fr`, `fr-CA` or the locale `fr_FR.UTF-8`.
    pub fn from_tag(tag: &str) -> Option<Language> {
        let primary = tag.split(['-', '_', '.', '@']).next().unwrap_or_default();
        match primary.to_ascii_lowercase().as_str() {
            "en" => Some(Language::English),
            "fr" => Some(Language::French),
            _ => None,
        }
    }

    /// The tag that [`Language::from_tag`] reads.
    pub fn tag(self) -> &'static str {
        match self {
            Language::English => "en",
            Language::French => "fr",
        }
    }

    /// What part a folded word plays in this language.
    pub(crate) fn role(self, folded: &str) -> Role {
        self.roles().get(folded).copied().unwrap_or_default()
    }

    fn function_words(self, text: &str) -> usize {
        words::tokens(text)
            .iter()
            .filter(|token| self.role(&token.folded).stop)
            .count()
    }

    fn roles(self) -> &'static HashMap<&'static str, Role> {
        static ENGLISH_ROLES: LazyLock<HashMap<&str, Role>> = LazyLock::new(|| roles(&ENGLISH));
        static FRENCH_ROLES: LazyLock<HashMap<&str, Role>> = LazyLock::new(|| roles(&FRENCH));
        match self {
            Language::English => &ENGLISH_ROLES,
            Language::French => &FRENCH_ROLES,
        }
    }
}

/// What part a word plays, if not that of naming the matter.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Role {
    /// A function or question word, which says nothing of the matter.
    pub stop: bool,
    /// Speaks about the document or the answer ("according to the document", "here is the answer").
    pub filler: bool,
    /// Denies what follows it.
    pub negation: bool,
}

/// How many bytes at the start of a text tell its language.
const SAMPLE: usize = 2000;

/// At most the first `limit` bytes, on a character boundary.
fn head(text: &str, limit: usize) -> &str {
    &text[..text.floor_char_boundary(limit)]
}

fn roles(words: &Words) -> HashMap<&'static str, Role> {
    let mut roles: HashMap<&str, Role> = HashMap::new();
    for word in words.stop.split_whitespace() {
        roles.entry(word).or_default().stop = true;
    }
    for word in words.filler.split_whitespace() {
        roles.entry(word).or_default().filler = true;
    }
    for word in words.negation.split_whitespace() {
        roles.entry(word).or_default().negation = true;
    }
    roles
}

struct Words {
    stop: &'static str,
    filler: &'static str,
    negation: &'static str,
}

static ENGLISH: Words = Words {
    stop: "
        a an the this that these those there here
        i me my mine we us our ours you your yours he him his she her hers it its they them their theirs
        who whom whose which what when where why how whether much many
        and or but nor so if then than because as while until although though
        of at by for with about against between into through during before after above below to from
        up down in out on off over under again further once per via upon within without
        am is are was were be been being do does did doing done have has had having
        can could shall should will would may might must ought cannot
        not no yes any some each every both either neither all such same other another own
        only just also too very more most less few several
        dont doesnt didnt isnt arent wasnt werent wont wouldnt cant couldnt shouldnt hasnt havent hadnt
        im youre hes were theyre ive youve weve theyve ill youll itll theyll id
        s t d ll re ve m",
    filler: "
        sure certainly okay ok yes no please thank thanks hello
        answer answers question questions document documents text passage passages context page pages
        excerpt excerpts information source sources file
        according based provided given following above below mention mentioned mentions
        say says said state states stated tell tells describe describes described explain explains explained
        summarize summarise summary list give gives find found show shows shown
        know help hope let see contain contains contained appear appears exact exactly",
    negation: "
        not no never none nor neither cannot without non
        dont doesnt didnt isnt arent wasnt werent wont wouldnt cant couldnt shouldnt hasnt havent hadnt
        prohibited forbidden excluded unable fails failed lacks",
};

static FRENCH: Words = Words {
    stop: "
        le la les l un une des du de d au aux ce cet cette ces ceci cela ca c
        je j me m moi tu te t toi il elle on nous vous ils elles se s soi lui leur leurs y en
        mon ma mes ton ta tes son sa ses notre nos votre vos
        qui que qu quoi dont ou quel quelle quels quelles lequel laquelle lesquels lesquelles duquel auquel
        combien comment pourquoi quand
        et mais donc or ni car si lorsque lorsqu puisque puisqu quoique afin ainsi alors comme tandis
        a dans par pour sur sous avec sans entre vers chez depuis pendant avant apres contre selon des jusque jusqu
        lors hors outre des parmi
        suis es est sommes etes sont etais etait etions etaient ete etant sera seront serait seraient soit soient fut
        ai as avons avez ont avais avait avaient ayant eu aura auront aurait auraient ait aient
        peut peuvent pouvait pourra pourront doit doivent devra devront fait font faire
        ne n pas plus non oui aussi tres tout toute tous toutes meme memes autre autres chaque quelque quelques
        plusieurs certains certaines aucun aucune tel telle tels telles peu beaucoup moins deja encore la ici
        voici voila",
    filler: "
        bien sur entendu certainement oui non merci bonjour ok
        reponse reponses question questions document documents texte passage passages contexte page pages
        extrait extraits information informations source sources fichier
        apres base fourni fournis fournie fournies donne donnee donnees suivant suivante suivants suivantes
        mentionne mentionnee mentionnes mentionner dit dire indique indiquee indiquer indiquent precise precisee
        explique expliquer decrit decrire resume resumer liste lister donner donnez cite citer trouve trouver
        sait aide aider contient contiennent figure figurent exact exacte exactement
        date montant nombre type nom raison faut",
    negation: "
        ne n pas non jamais aucun aucune ni sans nul nulle rien
        interdit interdite interdits interdites exclu exclue exclus exclues",
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_are_told_apart_though_they_are_short() {
        for (text, language) in [
            ("What is the total cost of the works?", Language::English),
            ("How much did it cost?", Language::English),
            (
                "Until when can people comment on the plan?",
                Language::English,
            ),
            ("Who signed the contract?", Language::English),
            ("Quel est le montant total des travaux ?", Language::French),
            ("Combien cela a-t-il coûté ?", Language::French),
            ("Qui a signé le contrat ?", Language::French),
            ("Quelle est la durée du bail ?", Language::French),
        ] {
            assert_eq!(Language::of(text), Some(language), "{text}");
        }
    }

    #[test]
    fn paragraphs_are_told_apart() {
        assert_eq!(
            Language::of(
                "The board approved the budget for next year and asked the treasurer to report."
            ),
            Some(Language::English)
        );
        assert_eq!(
            Language::of(
                "Le conseil a approuvé le budget de l’année prochaine et demandé un rapport."
            ),
            Some(Language::French)
        );
    }

    #[test]
    fn numbers_and_names_have_no_language() {
        assert_eq!(Language::of("412,000"), None);
        assert_eq!(Language::of(""), None);
        assert_eq!(Language::of("Grenoble 2024"), None);
    }

    #[test]
    fn locales_are_read() {
        assert_eq!(Language::from_tag("fr_FR.UTF-8"), Some(Language::French));
        assert_eq!(Language::from_tag("en-GB"), Some(Language::English));
        assert_eq!(Language::from_tag("EN"), Some(Language::English));
        assert_eq!(Language::from_tag("C.UTF-8"), None);
        assert_eq!(Language::from_tag("french"), None);
        for language in Language::ALL {
            assert_eq!(Language::from_tag(language.tag()), Some(language));
        }
    }

    #[test]
    fn the_lists_are_folded() {
        for words in [&ENGLISH, &FRENCH] {
            for list in [words.stop, words.filler, words.negation] {
                for word in list.split_whitespace() {
                    assert_eq!(words::fold(word), word);
                }
            }
        }
    }
}
