//! JSON whose texts are templates.

use std::collections::BTreeSet;

use serde_json::{Map, Value};

use super::{Template, TemplateError};

/// A JSON value in which every text, names of fields aside, is a template.
#[derive(Debug, Clone, PartialEq)]
pub enum JsonTemplate {
    /// A text.
    Text(Template),
    /// A list.
    List(Vec<Self>),
    /// An object, its fields in order.
    Object(Vec<(String, Self)>),
    /// Anything else, as it is.
    Plain(Value),
}

impl JsonTemplate {
    /// Parses every text of a value.
    ///
    /// # Errors
    ///
    /// The first text that is no template, with what is wrong with it.
    pub fn parse(value: &Value) -> Result<Self, (String, TemplateError)> {
        Ok(match value {
            Value::String(text) => {
                Self::Text(Template::parse(text).map_err(|error| (text.clone(), error))?)
            }
            Value::Array(items) => {
                Self::List(items.iter().map(Self::parse).collect::<Result<_, _>>()?)
            }
            Value::Object(fields) => {
                let parse = |(name, value): (&String, _)| Ok((name.clone(), Self::parse(value)?));
                Self::Object(fields.iter().map(parse).collect::<Result<_, _>>()?)
            }
            plain => Self::Plain(plain.clone()),
        })
    }

    /// Renders every text over `vars`.
    ///
    /// # Errors
    ///
    /// As [`Template::render`], for the first text that does not render.
    pub fn render(&self, vars: &Map<String, Value>) -> Result<Value, TemplateError> {
        Ok(match self {
            Self::Text(template) => Value::String(template.render(vars)?),
            Self::List(items) => {
                let items = items.iter().map(|item| item.render(vars));
                Value::Array(items.collect::<Result<_, _>>()?)
            }
            Self::Object(fields) => {
                let mut rendered = Map::new();
                for (name, value) in fields {
                    rendered.insert(name.clone(), value.render(vars)?);
                }
                Value::Object(rendered)
            }
            Self::Plain(value) => value.clone(),
        })
    }

    /// Returns the variables that it needs, sorted.
    pub fn variables(&self) -> BTreeSet<String> {
        let texts = self.texts().into_iter();
        texts.flat_map(Template::variables).collect()
    }

    /// Returns every text in it.
    pub fn texts(&self) -> Vec<&Template> {
        match self {
            Self::Text(template) => vec![template],
            Self::List(items) => items.iter().flat_map(Self::texts).collect(),
            Self::Object(fields) => {
                let values = fields.iter().map(|(_, value)| value);
                values.flat_map(Self::texts).collect()
            }
            Self::Plain(_) => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_rendered_wherever_they_stand() {
        let value = json!({"{{ a }}": ["{{ a }}!", 1, {"b": "{{ b }}"}], "c": null});
        let template = JsonTemplate::parse(&value).unwrap();
        assert_eq!(Vec::from_iter(template.variables()), ["a", "b"]);
        let vars = json!({"a": "say \"hi\"", "b": 2});
        let rendered = template.render(vars.as_object().unwrap()).unwrap();
        assert_eq!(
            rendered,
            json!({"{{ a }}": ["say \"hi\"!", 1, {"b": "2"}], "c": null})
        );
        assert_eq!(
            JsonTemplate::parse(&json!(["ok", "{{ x"])).unwrap_err().0,
            "{{ x"
        );
    }
}
