//! Replies of the starter's own model, held to a shape. The context is used as it is, without a session.

use std::fs::File;
use std::path::Path;
use std::sync::atomic::AtomicBool;

use aparte_protocol::engine::{Sampling, Shape};
use llama_cpp_2::token::LlamaToken;

use super::{Chooser, Next};
use crate::backends::Backends;
use crate::context::{Computed, Context};
use crate::model::Model;
use crate::template::Piece;

const NAME: &str = "SmolLM2-135M-Instruct-Q4_1.gguf";

const SEEDS: u32 = 20;

#[derive(serde::Deserialize)]
#[serde(deny_unknown_fields)]
struct Person {
    name: String,
    age: u8,
    languages: Vec<String>,
}

const PERSON: &str = r#"{
    "type": "object",
    "properties": {
        "name": {"type": "string", "minLength": 1, "maxLength": 12},
        "age": {"type": "integer", "minimum": 18, "maximum": 99},
        "languages": {"type": "array", "items": {"enum": ["French", "English", "Breton"]}, "minItems": 1, "maxItems": 2}
    },
    "required": ["name", "age", "languages"]
}"#;

/// One test, because a process can have the compute libraries once.
#[test]
fn the_real_model_writes_what_fits_the_shape_and_then_ends() {
    let folder = std::env::var_os("APARTE_MODELS")
        .expect("set APARTE_MODELS to a folder with the starter's model to run this test");
    let file = File::open(Path::new(&folder).join(NAME)).unwrap();
    let backends = Backends::load(Path::new(env!("APARTE_BUILT_BACKENDS"))).unwrap();
    let model = Model::load(backends, file, &mut |_| ()).unwrap();
    let mut writer = Writer {
        // One thread, because the other tests run beside this one.
        context: Context::open(&model.llama, 1024, 1).unwrap(),
        model: &model,
    };

    let json = Shape::Json(PERSON.to_owned());
    let mut ages = Vec::new();
    let prompt = writer.read("Describe a person as JSON.");
    for seed in 0..SEEDS {
        let text = writer.reply(&prompt, seed, &json);
        let person: Person =
            serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {text}"));
        assert!((1..=12).contains(&person.name.chars().count()), "{text}");
        assert!((18..=99).contains(&person.age), "{text}");
        assert!((1..=2).contains(&person.languages.len()), "{text}");
        let known = ["French", "English", "Breton"];
        assert!(
            person
                .languages
                .iter()
                .all(|language| known.contains(&language.as_str())),
            "{text}"
        );
        ages.push(person.age);
    }
    ages.dedup();
    assert!(ages.len() > 1, "the seeds make no difference");

    let choice = Shape::Grammar(r#"root ::= "yes" | "no""#.to_owned());
    let prompt = writer.read("Is Paris the capital of France?");
    for seed in 0..SEEDS {
        let text = writer.reply(&prompt, seed, &choice);
        assert!(text == "yes" || text == "no", "{text}");
    }
}

struct Writer<'m> {
    model: &'m Model,
    context: Context<'m>,
}

impl Writer<'_> {
    fn read(&mut self, question: &str) -> Vec<LlamaToken> {
        let markup = |text: &str| Piece::Markup(text.to_owned());
        let prompt = self.model.tokenizer().prompt(vec![
            markup("<|im_start|>user\n"),
            Piece::Content(question.to_owned()),
            markup("<|im_end|>\n<|im_start|>assistant\n"),
        ]);
        self.context.clear();
        self.compute(&prompt);
        prompt
    }

    /// A whole reply at temperature one to the prompt that was read, up to its end.
    fn reply(&mut self, prompt: &[LlamaToken], seed: u32, shape: &Shape) -> String {
        let sampling = Sampling {
            temperature: 1.0,
            seed,
            ..Sampling::CAREFUL
        };
        let vocab = self.model.llama.vocab();
        let model = self.model;
        let mut chooser = Chooser::new(&sampling, shape, Some(3), vocab.n_tokens(), || {
            model.vocabulary()
        })
        .unwrap();
        let (last, before) = prompt.split_last().unwrap();
        assert!(self.context.forget_from(before.len(), false));
        self.compute(&[*last]);
        let mut bytes = Vec::new();
        for _ in 0..300 {
            let next = chooser.choose(self.context.scores().unwrap()).unwrap();
            let Next::Token(chosen) = next else {
                return String::from_utf8(bytes).unwrap();
            };
            assert!(!vocab.is_eog(chosen.token));
            vocab.token_to_piece_into(chosen.token, &mut bytes, false, None);
            self.compute(&[chosen.token]);
        }
        panic!("no end: {}", String::from_utf8_lossy(&bytes));
    }

    fn compute(&mut self, tokens: &[LlamaToken]) {
        let computed = self.context.compute(tokens, true, &AtomicBool::new(false));
        assert_eq!(computed, Ok(Computed::Whole));
    }
}
