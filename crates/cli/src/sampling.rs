//! How a model's words are chosen, and what is shown of its thinking: what `ask` and `complete` have in common.

use aparte_assistant::{Assistant, Preset, Thinking};

use crate::output::Output;

#[derive(clap::Args)]
pub struct Sampling {
    /// How freely the model chooses its words: careful, balanced or creative (default: what the vault's settings say, else
    /// careful).
    #[arg(long, value_name = "NAME", value_parser = preset)]
    preset: Option<Preset>,
    /// With the same seed and preset the same question has the same reply.
    #[arg(long, value_name = "N")]
    seed: Option<u32>,
    /// Print what a reasoning model thought before it answered; with --json it is a field of its own in any case.
    #[arg(long)]
    thinking: bool,
}

impl Sampling {
    /// The assistant with this choice.
    pub fn choose(&self, assistant: Assistant) -> Assistant {
        assistant.choosing(self.preset, self.seed)
    }

    /// Prints what was thought, where that is wanted.
    pub fn print(&self, thinking: Option<&Thinking>, output: &Output) {
        if let (true, Some(thinking)) = (self.thinking, thinking) {
            output.line(output.say("Thought:", "Réflexion :"));
            for line in thinking.text.lines() {
                output.line(&format!("    {line}"));
            }
            output.line("");
        }
    }
}

fn preset(name: &str) -> Result<Preset, String> {
    let preset = Preset::ALL.into_iter().find(|preset| preset.name() == name);
    preset.ok_or_else(|| "careful, balanced and creative are known".into())
}
