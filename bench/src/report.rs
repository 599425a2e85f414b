//! The figures, and how they are shown.

use serde::Serialize;

/// What was measured.
#[derive(Default, Serialize)]
pub(crate) struct Report {
    figures: Vec<Figure>,
}

#[derive(Serialize)]
struct Figure {
    name: String,
    value: String,
    meaning: String,
}

impl Report {
    /// Adds a figure: its value with the unit, and what it means.
    pub(crate) fn add(&mut self, name: &str, value: impl Into<String>, meaning: &str) {
        let (name, value, meaning) = (name.to_owned(), value.into(), meaning.to_owned());
        crate::progress(&format!("{name}: {value}"));
        self.figures.push(Figure {
            name,
            value,
            meaning,
        });
    }

    /// A table, aligned for a terminal.
    pub(crate) fn markdown(&self) -> String {
        let width = |column: fn(&Figure) -> &str| {
            let cells = self
                .figures
                .iter()
                .map(|figure| column(figure).chars().count());
            cells.max().unwrap_or_default()
        };
        let (name, value) = (width(|f| &f.name), width(|f| &f.value));
        let mut table = format!(
            "| {:name$} | {:value$} | what it means |\n|-{:-<name$}-|-{:-<value$}-|---|\n",
            "figure", "value", "", ""
        );
        for f in &self.figures {
            table += &format!(
                "| {:name$} | {:value$} | {} |\n",
                f.name, f.value, f.meaning
            );
        }
        table
    }

    /// The same as JSON.
    pub(crate) fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default()
    }
}
