//! Spin's string templates: literal text with `{{ name }}` expressions.

/// Fills every `{{ name }}` in `template` with what `resolve` returns for the name.
///
/// # Errors
/// A line that names the unmatched braces or the name that `resolve` does not know.
pub(crate) fn render(template: &str, resolve: impl Fn(&str) -> Option<String>) -> Result<String, String> {
    let mut rendered = String::with_capacity(template.len());
    let mut rest = template;
    while let Some(start) = rest.find("{{") {
        rendered.push_str(&rest[..start]);
        let expression = &rest[start + 2..];
        let Some(end) = expression.find("}}") else {
            return Err(format!("unmatched '{{{{' in {template:?}"));
        };
        let name = expression[..end].trim();
        let value = resolve(name).ok_or_else(|| format!("{template:?} names the unknown variable {name:?}"))?;
        rendered.push_str(&value);
        rest = &expression[end + 2..];
    }
    rendered.push_str(rest);
    Ok(rendered)
}

#[cfg(test)]
mod tests {
    use super::render;

    fn resolve(name: &str) -> Option<String> {
        match name {
            "host" => Some("db.example.com".to_owned()),
            "port" => Some("5432".to_owned()),
            "braces" => Some("{{ host }}".to_owned()),
            _ => None,
        }
    }

    #[test]
    fn fills_expressions_and_keeps_literal_text() {
        for (template, expected) in [
            ("", ""),
            ("plain", "plain"),
            ("{{host}}", "db.example.com"),
            ("pg://{{ host }}:{{ port }}/x", "pg://db.example.com:5432/x"),
            ("single { brace }", "single { brace }"),
        ] {
            assert_eq!(render(template, resolve).as_deref(), Ok(expected), "{template}");
        }
    }

    #[test]
    fn does_not_expand_a_value_again() {
        assert_eq!(render("{{ braces }}", resolve).as_deref(), Ok("{{ host }}"));
    }

    #[test]
    fn names_the_mistake() {
        assert!(render("{{ nobody }}", resolve).unwrap_err().contains("\"nobody\""));
        assert!(render("a {{ host", resolve).unwrap_err().contains("unmatched"));
    }
}
