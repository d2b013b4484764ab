//! A reasoning model: the starter with a template that opens a thought. It never closes it, so all that it writes is thinking.

use std::fs;
use std::path::Path;

use aparte_tests::starter;

use crate::gguf::{Gguf, Value};

/// Writes the model.
pub fn write(file: &Path) {
    let starter = fs::read(starter().file).expect("the starter model can be read");
    let reasoner = Gguf::read(&starter).with("tokenizer.chat_template", Value::text(TEMPLATE));
    fs::write(file, reasoner.bytes()).expect("there is room for a model");
}

/// The starter's own form, and then the beginning of a thought.
pub const TEMPLATE: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\\n' + message['content'] + \
     '<|im_end|>' + '\\n' }}{% endfor %}{{ '<|im_start|>assistant\\n<think>\\n' }}";
