//! G4: templates without end, of a million turns of loops and of hundreds of megabytes, in every way that the language has
//! of saying the same thing again. Each is given up, within two seconds.

use std::time::{Duration, Instant};

use aparte_protocol::engine::{ChatMessage, Role};

use super::{ChatTemplate, Piece, SpecialTokens};

/// Ways to do something, which stands for `DO`, a million times and more.
const AGAIN: [&str; 10] = [
    "{% for a in range(1000) %}{% for b in range(1000) %}DO{% endfor %}{% endfor %}",
    "{% for a in range(99999) %}{% for b in range(99999) %}DO{% endfor %}{% endfor %}",
    "{% for a in range(100) %}{% for b in range(100) %}{% for c in range(100) %}DO{% endfor %}{% endfor %}{% endfor %}",
    "{% for a in range(99999) if a % 2 == 0 %}{% for b in range(99999) if b != a %}DO{% endfor %}{% endfor %}",
    "{% for a in 'xxxxxxxxxx' * 1000 %}{% for b in 'xxxxxxxxxx' * 1000 %}DO{% endfor %}{% endfor %}",
    "{% for a in ['x'] * 1000 %}{% for b in ['x'] * 1000 %}DO{% endfor %}{% endfor %}",
    "{% macro again(a) %}DO{{ again(a) }}{% endmacro %}{{ again(0) }}",
    "{% macro more(a) %}{% for b in range(1000) %}DO{% endfor %}{% endmacro %}{% for a in range(1000) %}{{ more(a) }}{% endfor %}",
    "{% for a in [[0]] recursive %}DO{{ loop([[0]]) }}{% endfor %}",
    "{% set all = range(99999) | list %}{% for a in all %}{% for b in all %}{% set c = a %}DO{% endfor %}{% endfor %}",
];

/// What is done: nothing, little, something long, something that grows.
const DO: [&str; 13] = [
    "",
    "x",
    "{{ a }}",
    "{{ messages[0].content }}",
    "{{ 'x' * 1000 }}",
    "{{ messages | tojson }}",
    "{{ messages | map(attribute='role') | join(',') }}",
    "{{ ('x' * 1000) | replace('x', 'xx') }}",
    "{{ ('x,' * 100).split(',') | length }}",
    "{% set text = 'x' * 1000 %}{{ text ~ text }}",
    "{{ strftime_now('%A %d %B %Y') }}",
    "{{ {'x': ['x'] * 100} }}",
    "{% set s.x = s.x ~ 'xxxxxxxxxxxxxxxx' %}",
];

#[test]
fn a_template_that_says_a_long_message_again_and_again_is_given_up_before_it_fills_memory() {
    let messages = [ChatMessage {
        role: Role::User,
        content: "a word ".repeat(20_000),
    }];
    let render = |times: u32| {
        let source =
            format!("{{% for i in range({times}) %}}{{{{ messages[0].content }}}}{{% endfor %}}");
        ChatTemplate::new(Some(&source))
            .and_then(|template| template.render(&messages, &SpecialTokens::default()))
    };
    assert!(render(2).is_ok(), "some templates say a message twice");
    assert!(render(50_000).is_err());
}

#[test]
fn a_template_that_does_anything_without_end_is_given_up_within_two_seconds() {
    let messages = [ChatMessage {
        role: Role::User,
        content: "Hi".to_owned(),
    }];
    let mut wrong = Vec::new();
    let mut slowest = Duration::ZERO;
    for again in AGAIN {
        for what in DO {
            let source = format!(
                "{{% set s = namespace(x='') %}}{}{{{{ messages[0].content }}}}",
                again.replace("DO", what)
            );
            let start = Instant::now();
            let rendered = ChatTemplate::new(Some(&source))
                .and_then(|template| template.render(&messages, &SpecialTokens::default()));
            let took = start.elapsed();
            slowest = slowest.max(took);
            let verdict = match rendered {
                Ok(pieces) => format!("{} bytes are written", written(&pieces)),
                Err(_) if took > Duration::from_secs(2) => format!("it takes {took:?}"),
                Err(_) => continue,
            };
            wrong.push(format!("{source}: {verdict}"));
        }
    }
    println!(
        "{} templates, {slowest:?} at the most",
        AGAIN.len() * DO.len()
    );
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn written(pieces: &[Piece]) -> usize {
    pieces
        .iter()
        .map(|piece| match piece {
            Piece::Markup(text) | Piece::Content(text) => text.len(),
        })
        .sum()
}
