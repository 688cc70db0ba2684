//! Annotations of GitHub Actions: what failed, on the lines of the suite that say so.

use super::document::SuiteSummary;
use super::findings::Findings;
use super::safe::one_line;
use super::trouble::Affected;

/// Annotations of one severity that GitHub shows of a step.
const MOST: usize = 10;

/// Returns workflow commands, a line each. `file` makes a path that GitHub knows of a suite's path.
pub fn annotations(findings: &Findings, file: impl Fn(&str) -> String) -> Vec<String> {
    let Findings {
        report, troubles, ..
    } = findings;
    let mut all = Vec::new();
    for gate in report.gates.iter().filter(|gate| gate.status != "passed") {
        let suite = report.suites.iter().find(|suite| suite.name == gate.suite);
        let title = format!("gate {}", gate.status);
        let whose = gate.model.as_ref().map(|label| format!(" ({label})"));
        let message = format!(
            "{}{}: {}",
            gate.gate,
            whose.unwrap_or_default(),
            gate.reason
        );
        let place = suite.map(|suite| (file(&suite.path), gate.line));
        all.push(Annotation {
            severity: "error",
            place,
            title,
            message,
        });
    }
    // Where gates decide, a failed case is worth knowing and no error.
    let severity = if report.gates.is_empty() {
        "error"
    } else {
        "warning"
    };
    let mut tell = |what: &str, affected: &[Affected], severity: &'static str| {
        for affected in affected {
            let suite: Option<&SuiteSummary> = report.suites.get(affected.suite as usize);
            for case in &affected.told {
                let reasons = case.reasons.iter();
                let reasons: Vec<String> = reasons
                    .map(|reason| format!("{}{}", reason.heading(), reason.text))
                    .collect();
                all.push(Annotation {
                    severity,
                    place: suite.map(|suite| (file(&suite.path), case.line)),
                    title: format!("{what}: {}", case.case),
                    message: reasons.join("\n"),
                });
            }
        }
    };
    tell("failed", &troubles.failed, severity);
    tell("could not be judged", &troubles.undecided, "warning");
    for errors in &troubles.errors {
        all.push(Annotation {
            severity: "error",
            place: None,
            title: errors.heading(),
            message: errors.message.clone(),
        });
    }
    let (mut errors, mut warnings) = (0, 0);
    all.retain(|annotation| {
        let count = match annotation.severity {
            "error" => &mut errors,
            _ => &mut warnings,
        };
        *count += 1;
        *count <= MOST
    });
    all.iter().map(Annotation::command).collect()
}

/// One workflow command.
struct Annotation {
    severity: &'static str,
    /// The file, and the line where it is known.
    place: Option<(String, Option<u64>)>,
    title: String,
    message: String,
}

impl Annotation {
    fn command(&self) -> String {
        let mut properties = vec![format!("title={}", property(&one_line(&self.title)))];
        if let Some((file, line)) = &self.place {
            properties.push(format!("file={}", property(file)));
            properties.extend(line.map(|line| format!("line={line}")));
        }
        let lines: Vec<String> = self.message.lines().map(one_line).collect();
        format!(
            "::{} {}::{}",
            self.severity,
            properties.join(","),
            data(&lines.join("\n"))
        )
    }
}

/// Escapes the message of a command, so that it ends where it ends.
fn data(text: &str) -> String {
    text.replace('%', "%25")
        .replace('\r', "%0D")
        .replace('\n', "%0A")
}

/// Escapes a property of a command.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{Comparing, Report};
    use crate::tally::RecordsError;
    use crate::tally::fixture::{failed, header, journal, record};

    fn of(report: impl FnOnce(&mut Report), gates: &[&str]) -> Vec<String> {
        let mut header = header();
        header.suites[0].gates = gates.iter().map(|gate| gate.parse().unwrap()).collect();
        for gate in &mut header.suites[0].gates {
            gate.line = Some(9);
        }
        let mut nasty = record(0, 1, 0, 0);
        nasty.case = "a,b: 100 %".to_owned();
        nasty.line = Some(12);
        let records = vec![
            record(0, 0, 0, 0),
            failed(nasty, "expected\n::error::x, found 5 %"),
        ];
        let (_folder, mut order) = journal(&header, records);
        let comparing = Comparing::default();
        let findings = Findings::gather(&mut order, &comparing, |_, _| Ok::<_, RecordsError>(()));
        let mut findings = findings.unwrap();
        report(&mut findings.report);
        annotations(&findings, |path| format!("sub/{path}"))
    }

    #[test]
    fn what_failed_stands_on_its_line_and_cannot_command() {
        let found = of(|_| {}, &[]);
        assert_eq!(found.len(), 1);
        assert!(
            found[0].starts_with(
                "::error title=failed%3A a%2Cb%3A 100 %25,file=sub/suites/support.yaml,line=12::"
            ),
            "{found:?}"
        );
        assert!(
            !found[0].contains('\n') && found[0].ends_with("5 %25"),
            "{found:?}"
        );
    }

    #[test]
    fn gates_are_errors_and_cases_warnings_beside_them() {
        let found = of(|_| {}, &["pass_rate>=0.9"]);
        assert!(
            found[0].starts_with(
                "::error title=gate failed,file=sub/suites/support.yaml,line=9::pass_rate>=0.9"
            ),
            "{found:?}"
        );
        assert!(
            found[1..]
                .iter()
                .all(|line| !line.starts_with("::error title=failed"))
        );
        let many = of(
            |report| {
                let gate = report.gates[0].clone();
                report.gates = vec![gate; 30];
            },
            &["pass_rate>=0.9"],
        );
        let errors = many.iter().filter(|line| line.starts_with("::error"));
        assert_eq!(errors.count(), MOST);
    }
}
