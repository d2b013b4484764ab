//! Sums of lists, bounded, because fuel does not pay for them.
//!
//! The renderer keeps a sum of lists as a sum, and writes all of its items down at once when it is a sum of sums 32 deep. A
//! list that was doubled that often is larger than any memory by then. So each `+` of a compiled template becomes a filter of
//! ours, which looks at the lengths first. What is added up while a template is compiled, and by the filters that add lists up
//! too, is refused. The form of compiled templates is no stable part of minijinja: its version is pinned.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use minijinja::machinery::{Instruction, Instructions, Token, tokenize};
use minijinja::machinery::{eval, get_compiled_template, make_string_output};
use minijinja::syntax::SyntaxConfig;
use minijinja::value::{Kwargs, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Expression, State, context, filters};

/// The longest list that is made of others, in items: no conversation that fits a context has so many turns.
const LONGEST: usize = 100_000;

/// So many sums of one expression are never written down while it is compiled.
const SUMS_OF_ONE_EXPRESSION: usize = 32;

/// No name that a template can write, so that none can call it otherwise.
const PLUS: &str = "+";

/// Bounds the sums of all templates of `environment` that [`render`] renders.
pub(super) fn bound(environment: &mut Environment<'_>) {
    environment.add_filter(PLUS, plus);
    environment.add_filter("sum", sum);
    // It adds lists up, and Jinja does not have it.
    environment.remove_filter("chain");
}

/// Refuses a template that would be too large before it is rendered: an expression that multiplies and adds constant lists is
/// computed when it is compiled.
///
/// # Errors
/// That it is one, or is none at all.
pub(super) fn check(source: &str, syntax: &SyntaxConfig) -> Result<(), Error> {
    let (mut sums, mut products) = (0, 0);
    for token in tokenize(source, false, syntax.clone()) {
        match token?.0 {
            Token::VariableStart | Token::BlockStart => (sums, products) = (0, 0),
            Token::Plus => sums += 1,
            Token::Mul => products += 1,
            _ => {}
        }
        if sums >= SUMS_OF_ONE_EXPRESSION && products > 0 {
            return Err(too_long());
        }
    }
    Ok(())
}

/// Renders a template of an environment whose sums are bounded.
///
/// # Errors
/// Why it cannot be rendered; values of the template may be in it.
pub(super) fn render(
    environment: &Environment<'_>,
    name: &str,
    values: Value,
) -> Result<String, Error> {
    let template = environment.get_template(name)?;
    let compiled = get_compiled_template(&template);
    let instructions = with_our_plus(&compiled.instructions);
    let blocks: BTreeMap<_, _> = (compiled.blocks.iter())
        .map(|(&name, block)| (name, with_our_plus(block)))
        .collect();
    let mut text = String::new();
    let mut output = make_string_output(&mut text);
    eval(
        environment,
        &instructions,
        values,
        &blocks,
        &mut output,
        AutoEscape::None,
    )?;
    drop(output);
    Ok(text)
}

/// The same instructions at the same places, so that every jump still leads where it led.
fn with_our_plus<'s>(instructions: &Instructions<'s>) -> Instructions<'s> {
    /// Has the filter looked up anew each time.
    const NOT_REMEMBERED: u8 = !0;
    let mut ours = Instructions::new(instructions.name(), instructions.source());
    let mut place = 0;
    while let Some(instruction) = instructions.get(place) {
        ours.add(match instruction {
            Instruction::Add => Instruction::ApplyFilter(PLUS, Some(2), NOT_REMEMBERED),
            other => other.clone(),
        });
        place += 1;
    }
    ours
}

fn plus(left: Value, right: Value) -> Result<Value, Error> {
    if let (Some(left), Some(right)) = (left.as_str(), right.as_str()) {
        return Ok(Value::from([left, right].concat()));
    }
    if !(is_list(&left) && is_list(&right)) {
        return built_in_plus(left, right);
    }
    let (left, right) = (sized(left)?, sized(right)?);
    match (left.len().unwrap_or(0), right.len().unwrap_or(0)) {
        // Thousands of millions of sums of nothing are nothing, and take as long as any.
        (0, _) => Ok(right),
        (_, 0) => Ok(left),
        (left, right) if left.saturating_add(right) > LONGEST => Err(too_long()),
        _ => built_in_plus(left, right),
    }
}

fn built_in_plus(left: Value, right: Value) -> Result<Value, Error> {
    static SUM: LazyLock<Expression<'static, 'static>> = LazyLock::new(|| {
        let environment: &'static Environment<'static> = Box::leak(Box::default());
        let sum = environment.compile_expression("left + right");
        sum.expect("this is an expression")
    });
    SUM.eval(context! { left, right })
}

/// A list that knows its length.
fn sized(list: Value) -> Result<Value, Error> {
    if list.len().is_some() {
        return Ok(list);
    }
    let items: Vec<Value> = list.try_iter()?.take(LONGEST + 1).collect();
    match items.len() > LONGEST {
        true => Err(too_long()),
        false => Ok(Value::from(items)),
    }
}

/// The filter `sum`, for all but lists.
fn sum(
    state: &State<'_, '_>,
    values: Value,
    attribute: Option<&str>,
    start: Option<Value>,
    arguments: Kwargs,
) -> Result<Value, Error> {
    let start = match start {
        Some(start) => start,
        None => arguments
            .get::<Option<Value>>("start")?
            .unwrap_or(Value::from(0)),
    };
    match is_list(&start) {
        true => Err(Error::new(
            ErrorKind::InvalidOperation,
            "it sums lists up, which is not supported",
        )),
        false => filters::sum(state, values, attribute, Some(start), arguments),
    }
}

fn is_list(value: &Value) -> bool {
    // A tuple is copied with each sum, and paid for.
    !value.is_tuple() && matches!(value.kind(), ValueKind::Seq | ValueKind::Iterable)
}

fn too_long() -> Error {
    Error::new(
        ErrorKind::InvalidOperation,
        "it makes a list that is too long",
    )
}
