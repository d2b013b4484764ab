//! The templates that the renderer was tested with, to the letter, against Python's Jinja: those in `tests/templates`.

use aparte_protocol::engine::Template;
use sha2::{Digest, Sha256};

use crate::thinking;

/// What is told of a template with this source; `trouble` says why it cannot be used.
pub(crate) fn facts(source: &str, trouble: Option<&str>) -> Template {
    let sha256: [u8; 32] = Sha256::digest(source).into();
    let name: String = sha256.iter().map(|byte| format!("{byte:02x}")).collect();
    let known = KNOWN.iter().find(|(_, hash)| *hash == name);
    Template {
        source: source.to_owned(),
        sha256,
        family: known.map(|&(family, _)| family.to_owned()),
        thinks: thinking::is_spoken_of(source),
        trouble: trouble.map(str::to_owned),
    }
}

/// Each family with the SHA-256 of its template, in hexadecimal digits.
pub(super) const KNOWN: [(&str, &str); 11] = [
    (
        "Apertus",
        "dea688e9f24a339a0d2504f6840852adbcedb082373172a0b82ca2c55996768d",
    ),
    (
        "DeepSeek-R1",
        "bbe594884b44d740667ee65a70bc8d333a565eab3d63ea59f291ea73ada84ba6",
    ),
    (
        "GLM-4.6",
        "8804f445c761b9f259e3c1126a579d481a22ca09b2a3d32bcc4eb91bc36e0301",
    ),
    (
        "gpt-oss",
        "a4c9919cbbd4acdd51ccffe22da049264b1b73e59055fa58811a99efbd7c8146",
    ),
    (
        "Granite 3.3",
        "3c71df5f659987462c882bf9e295b597dc19902467a7312ea382c5896681bc02",
    ),
    (
        "Mistral Nemo",
        "e4676cb56dffea7782fd3e2b577cfaf1e123537e6ef49b3ec7caa6c095c62272",
    ),
    (
        "Phi-3.5",
        "78d976a442bcde2f0be15aafbb8e3050e1104f86732266f68403251b89982a90",
    ),
    (
        "Qwen2.5",
        "cd8e9439f0570856fd70470bf8889ebd8b5d1107207f67a5efb46e342330527f",
    ),
    (
        "Qwen3",
        "87a2728cb8dc9fe424d624542f6060ec05a1d285ebbec578bb078900e33396b5",
    ),
    (
        "SmolLM2",
        "872be49dbb638044ad01b60388f48d469ff2980e5f0dccdc22ec907db54d0788",
    ),
    (
        "SmolLM3",
        "19eacf64569032f07644ea92c8e2a87af06ee7008147557302c31e474912ca97",
    ),
];
