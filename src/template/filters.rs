//! Filters of minijinja that make as much as they are told to, held to what fits into memory.

use minijinja::value::{Rest, ValueKind, ValueOrKwargs};
use minijinja::{Environment, Error, ErrorKind, State, Value, filters};

use super::room::MOST;

/// The most that a text may be indented or padded by, and that lists may be cut into.
const WIDEST: i128 = 10_000;
/// The most values that are joined, or printed as JSON.
const MOST_VALUES: usize = 1_000_000;

/// What would be too much of some arguments, the value that is filtered first.
type TooMuch = fn(&[Value]) -> bool;

/// Puts a guard before each filter that needs one.
pub(super) fn guard(environment: &mut Environment<'static>) {
    let guarded: [(&str, Value, TooMuch); 6] = [
        ("indent", Value::from_function(filters::indent), is_too_wide),
        ("batch", Value::from_function(filters::batch), is_too_wide),
        ("slice", Value::from_function(filters::slice), is_too_wide),
        ("format", Value::from_function(filters::format), is_padded),
        ("replace", Value::from_function(filters::replace), is_grown),
        ("join", Value::from_function(filters::join), is_too_long),
    ];
    for (name, filter, is_too_much) in guarded {
        let call = move |state: &mut State<'_, '_>, args: Rest<ValueOrKwargs>| {
            let args = args.into_values();
            if is_too_much(&args) {
                let message = format!("`{name}` would make more than fits");
                return Err(Error::new(ErrorKind::InvalidOperation, message));
            }
            filter.call(state, &args)
        };
        environment.add_filter(name, call);
    }
}

/// Returns whether a value holds more values, at any depth, than are printed.
pub(super) fn is_too_large(value: &Value) -> bool {
    let mut left = MOST_VALUES;
    !fits(value, &mut left)
}

fn fits(value: &Value, left: &mut usize) -> bool {
    if !matches!(
        value.kind(),
        ValueKind::Seq | ValueKind::Iterable | ValueKind::Map
    ) {
        return true;
    }
    let length = value.len().unwrap_or(0);
    let (Some(rest), Ok(mut items)) = (left.checked_sub(length), value.try_iter()) else {
        return false;
    };
    *left = rest;
    items.all(|item| match value.kind() {
        ValueKind::Map => value.get_item(&item).is_ok_and(|item| fits(&item, left)),
        _ => fits(&item, left),
    })
}

/// Returns whether a number among the arguments, or the named ones, is too large for a width or a count.
fn is_too_wide(args: &[Value]) -> bool {
    args.iter().skip(1).any(|arg| match arg.kind() {
        ValueKind::Map => ["width", "count"]
            .iter()
            .any(|name| arg.get_attr(name).is_ok_and(|width| is_wide(&width))),
        _ => is_wide(arg),
    })
}

fn is_wide(value: &Value) -> bool {
    value.kind() == ValueKind::Number
        && i128::try_from(value.clone()).map_or(true, |width| width > WIDEST)
}

/// Returns whether a format pads: `%99999d`, or `%*d` with such a number.
fn is_padded(args: &[Value]) -> bool {
    let format = args.first().and_then(Value::as_str).unwrap_or_default();
    let mut numbers = format.split(|c: char| !c.is_ascii_digit());
    let is_wide = |digits: &str| {
        digits
            .parse()
            .map_or(!digits.is_empty(), |n: i128| n > WIDEST)
    };
    numbers.any(is_wide) || (format.contains('*') && is_too_wide(args))
}

/// Returns whether a replaced text is too long.
fn is_grown(args: &[Value]) -> bool {
    let [Some(text), Some(from), Some(to)] = [0, 1, 2].map(|at| args.get(at)?.as_str()) else {
        return false;
    };
    let found = text.matches(from).count();
    found.saturating_mul(to.len()).saturating_add(text.len()) > MOST
}

/// Returns whether a joined text is too long, or is joined of too many.
fn is_too_long(args: &[Value]) -> bool {
    let Some(values) = args.first() else {
        return false;
    };
    let joiner = args.get(1).and_then(Value::as_str).map_or(0, str::len);
    let count = values.len().unwrap_or(0);
    let Some(items) = values.try_iter().ok().filter(|_| count <= MOST_VALUES) else {
        // What is no list is refused by the filter itself.
        return count > MOST_VALUES;
    };
    let mut length = joiner.saturating_mul(count);
    for item in items {
        length = length.saturating_add(item.as_str().map_or(0, str::len));
    }
    length > MOST
}
