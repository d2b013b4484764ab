//! In what a model runs with less than it could have, as people are told. A machine without a GPU is nothing to tell.

use aparte_assistant::{Language, StepDown};

use crate::output::Output;

/// A name of ours, for programs.
pub fn name(step: &StepDown) -> &'static str {
    match step {
        StepDown::FewerLayersOnGpu { .. } => "fewer_layers_on_gpu",
        StepDown::GpuTooSmall { .. } => "gpu_too_small",
        StepDown::GpuMemoryUnknown => "gpu_memory_unknown",
        StepDown::ShorterContext { .. } => "shorter_context",
    }
}

/// What is less, and why.
pub fn sentence(step: &StepDown, output: &Output) -> String {
    let number = |number: u64| grouped(number, output.language);
    match *step {
        StepDown::FewerLayersOnGpu { layers, of } => {
            let (layers, of) = (number(layers), number(of));
            output.say_with(
                || format!("The graphics processor has memory for {layers} of {of} layers of the model; the processor computes the others, more slowly."),
                || format!("Le processeur graphique n'a de mémoire que pour {layers} des {of} couches du modèle ; le processeur calcule les autres, plus lentement."),
            )
        }
        StepDown::GpuTooSmall { free } => {
            let free = number(free >> 20);
            output.say_with(
                || format!("The graphics processor has too little free memory for any layer of the model ({free} MB); the processor computes all of it."),
                || format!("Le processeur graphique n'a pas assez de mémoire libre pour une seule couche du modèle ({free} Mo) ; le processeur calcule tout."),
            )
        }
        StepDown::GpuMemoryUnknown => output
            .say(
                "The graphics processor does not say how much memory it has; the processor computes everything.",
                "Le processeur graphique ne dit pas combien de mémoire il a ; le processeur calcule tout.",
            )
            .to_owned(),
        StepDown::ShorterContext { wanted, given } => {
            let (given, wanted) = (number(given.into()), number(wanted.into()));
            output.say_with(
                || format!("There is free memory for a context of {given} tokens instead of {wanted}. Close other programs to give it more."),
                || format!("La mémoire libre suffit pour un contexte de {given} jetons au lieu de {wanted}. Fermez d'autres programmes pour lui en laisser plus."),
            )
        }
    }
}

/// A number with its thousands set apart.
fn grouped(number: u64, language: Language) -> String {
    let mark = match language {
        Language::English => ',',
        Language::French => '\u{202f}',
    };
    let digits = number.to_string();
    let mut grouped = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            grouped.push(mark);
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_are_set_apart() {
        let numbers = [0, 999, 8_192, 1_000_000].map(|each| grouped(each, Language::English));
        assert_eq!(numbers, ["0", "999", "8,192", "1,000,000"]);
        assert_eq!(grouped(8_192, Language::French), "8\u{202f}192");
    }
}
